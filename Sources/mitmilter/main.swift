import Glibc

// Whoever started us may have told the system that nobody waits for children.
signal(SIGCHLD, SIG_DFL)
runCommandLine()
