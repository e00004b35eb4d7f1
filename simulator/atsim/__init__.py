"""atsim: a simulated AT Wi-Fi module. See atsim.module for the core, atsim.cli for the program."""
