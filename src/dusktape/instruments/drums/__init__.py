"""The drums of the kit, one file each: a function of tuning, velocity and luck that returns one struck sound."""
