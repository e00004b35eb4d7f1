"""What the runner knows and a script needs: filled in before each script is run."""

ssid = ""
password = ""
broker = ""
port = 1883
restarts = 0  # how often the script has restarted the board so far
