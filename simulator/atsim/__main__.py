"""python -m atsim"""

import sys

from atsim.cli import main

sys.exit(main())
