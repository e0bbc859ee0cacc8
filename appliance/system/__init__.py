"""What the rooms share of the operating system: loops and sockets, D-Bus, systemd, self-check."""
