"""What the tests put below the library: a link, a UART or a whole module, in simulated time."""
