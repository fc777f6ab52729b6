"""What an internal client of the Hailwire services installs: generated stubs and a small client factory."""
