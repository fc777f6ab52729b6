"""Files that people send: fetched from their provider onto the disk, within limits, and handed on."""
