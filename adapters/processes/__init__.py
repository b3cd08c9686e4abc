"""Other processes on this machine: started, watched, restarted and ended, and the directory that they share."""
