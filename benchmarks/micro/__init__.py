"""What single steps cost: the code that runs for each message, called with payloads of real size."""
