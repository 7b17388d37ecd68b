"""What a user may rely on when the machine is killed and the network lies."""
