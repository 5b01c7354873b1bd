"""What oxmark takes, through its commands and Python API alone, what peers take, and bare loops."""
