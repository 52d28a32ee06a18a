/*
 * The two ends of a life that is measured, small enough to hide nothing. Each line of the file EVENTS is WHAT NANOSECONDS VALUE, the time by the
 * machine's monotonic clock.
 *
 *   life begin EVENTS COMMAND...  runs it as process 1 of a new PID namespace; writes down its pid, when it was executed, when it was gone, and
 *                                the microseconds of CPU that it and all its children took
 *   life serve EVENTS NAME        a service: writes down when its main began, when it got TERM, and when it ended, which is at once
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int events;
static const char *name = "";

static long long now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static void note(const char *what, long long at, const char *value)
{
    char line[256];
    int length = snprintf(line, sizeof line, "%s %lld %s\n", what, at, value);
    if (write(events, line, length) != length) _exit(71);
}

static void fail(const char *what)
{
    perror(what);
    exit(71);
}

static void got(int signal)
{
    long long at = now();
    (void)signal;
    note("term", at, name);
    note("exit", now(), name);
    _exit(0);
}

static void serve(void)
{
    long long at = now();
    struct sigaction action = { .sa_handler = got };
    if (sigaction(SIGTERM, &action, NULL) < 0) fail("sigaction");
    note("main", at, name);
    for (;;) pause();
}

static long long microseconds(struct timeval time)
{
    return time.tv_sec * 1000000LL + time.tv_usec;
}

static int begin(char **command)
{
    char value[32];
    struct rusage usage;
    if (unshare(CLONE_NEWPID | CLONE_NEWNS) < 0) fail("unshare");
    if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0) fail("mount /");
    pid_t pid = fork();
    if (pid < 0) fail("fork");
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0) fail("mount /proc");
        note("exec", now(), "");
        execvp(command[0], command);
        fail(command[0]);
    }
    snprintf(value, sizeof value, "%d", pid);
    note("pid", now(), value);
    if (wait4(pid, NULL, 0, &usage) < 0) fail("wait4");
    long long at = now();
    snprintf(value, sizeof value, "%lld", microseconds(usage.ru_utime) + microseconds(usage.ru_stime));
    note("gone", at, value);
    return 0;
}

int main(int count, char **words)
{
    if (count < 4 || (events = open(words[2], O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644)) < 0) fail("life begin|serve EVENTS ...");
    if (strcmp(words[1], "begin") == 0) return begin(words + 3);
    name = words[3];
    serve();
}
