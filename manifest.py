"""Freezes the library into a firmware: `include` this file from the board's own manifest."""

metadata(version="0.1.0", description="MQTT through an AT-command Wi-Fi module")

package("atmqtt", base_path="lib")
