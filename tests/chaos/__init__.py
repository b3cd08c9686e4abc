"""The chaos suite: real processes under load, broken on a schedule that a seed decides, and two judges afterwards."""
