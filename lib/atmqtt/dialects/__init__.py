# MIT license; Copyright (c) 2026 The atmqtt authors
"""What differs between module firmwares, as data; one file each, loaded after detection."""
