/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * memory-hog - what runs in the Linux guests of the tests (see linux-guest)
 *
 * It uses memory as it is told, and says how quickly it gets at it.  A command is a line of
 * standard input, and one line goes back for each:
 *
 *   hold MIB       to have touched so much and not let go of it, no more and no less:
 *                  "held MIB", when that is so
 *   busy PAGES MS  from now on touches so many of its pages, at random, every so many
 *                  milliseconds; 0 0 ends that: "busy PAGES MS"
 *   pulse          "pulse NOW WORST COUNT": the microseconds it takes to touch 64 pages at
 *                  random, now; and of what it was busy with since it was last asked, how long
 *                  the slowest time took, and how many times there were
 *   run COMMAND    a command of the guest's shell: "ran STATUS OUTPUT", of which the first line
 *
 * Anything else is answered by "what?".  When it starts it says "ready": once, unless the guest's
 * kernel has killed it for want of memory.
 *
 * There is one thread: while it waits for a page, it does not answer.  That is the point.
 */
#include <config.h>

#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>

#define PAGE 4096
#define PAGES_A_MIB 256
#define MOST_MIB 65536
#define PULSE_PAGES 64
/* Of each page, what does not compress. */
#define NOISE_WORDS (PAGE / 4 / sizeof(uint64_t))

typedef struct {
    char *memory;
    unsigned long pages; /* touched, from the beginning of it */
    uint64_t noise;
    /* What to be busy with. */
    unsigned long batch_pages;
    unsigned long batch_ms;
    unsigned long batch_count;
    uint64_t batch_worst_us;
    uint64_t batch_due_us;
} Hog;

static uint64_t
now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static uint64_t
next_noise(Hog *hog)
{
    hog->noise ^= hog->noise << 13;
    hog->noise ^= hog->noise >> 7;
    hog->noise ^= hog->noise << 17;
    return hog->noise;
}

static void
fill_page(Hog *hog, char *page)
{
    unsigned long i;

    for (i = 0; i < NOISE_WORDS; i++) {
        uint64_t word = next_noise(hog);

        memcpy(page + i * sizeof(word), &word, sizeof(word));
    }
}

static void
hold(Hog *hog, unsigned long mib)
{
    unsigned long pages = mib * PAGES_A_MIB;

    if (pages < hog->pages)
        madvise(hog->memory + pages * PAGE, (hog->pages - pages) * PAGE, MADV_DONTNEED);
    for (; hog->pages < pages; hog->pages++)
        fill_page(hog, hog->memory + hog->pages * PAGE);
    hog->pages = pages;
    printf("held %lu\n", mib);
}

/* Returns the time it took. */
static uint64_t
touch(Hog *hog, unsigned long count)
{
    uint64_t start = now_us();

    if (hog->pages > 0) {
        while (count-- > 0) {
            volatile char *page = hog->memory + next_noise(hog) % hog->pages * PAGE;

            (*page)++;
        }
    }
    return now_us() - start;
}

static void
pulse(Hog *hog)
{
    uint64_t took_us = touch(hog, PULSE_PAGES);

    printf("pulse %lu %lu %lu\n", (unsigned long)took_us, (unsigned long)hog->batch_worst_us,
           hog->batch_count);
    hog->batch_worst_us = 0;
    hog->batch_count = 0;
}

static void
run(const char *command)
{
    FILE *pipe = popen(command, "r");
    char line[512] = "";
    char rest[512];
    int status;

    if (!pipe) {
        printf("ran 127\n");
        return;
    }
    if (fgets(line, sizeof(line), pipe))
        line[strcspn(line, "\n")] = '\0';
    while (fgets(rest, sizeof(rest), pipe))
        continue;
    status = pclose(pipe);
    printf("ran %d %s\n", WIFEXITED(status) ? WEXITSTATUS(status) : 128, line);
}

static void
obey(Hog *hog, char *line)
{
    unsigned long first, second;

    line[strcspn(line, "\r\n")] = '\0';
    if (sscanf(line, "hold %lu", &first) == 1 && first <= MOST_MIB) {
        hold(hog, first);
    } else if (sscanf(line, "busy %lu %lu", &first, &second) == 2) {
        hog->batch_pages = first;
        hog->batch_ms = second;
        hog->batch_due_us = now_us();
        printf("busy %lu %lu\n", first, second);
    } else if (strcmp(line, "pulse") == 0) {
        pulse(hog);
    } else if (strncmp(line, "run ", 4) == 0) {
        run(line + 4);
    } else {
        printf("what?\n");
    }
}

/* Whether there is a command; if not, it is time to be busy. */
static int
wait_for_command(const Hog *hog)
{
    struct pollfd input = {.fd = 0, .events = POLLIN};
    uint64_t now = now_us();
    int ms = -1;

    if (hog->batch_pages > 0)
        ms = now < hog->batch_due_us ? (int)((hog->batch_due_us - now) / 1000) : 0;
    return poll(&input, 1, ms) != 0;
}

static void
do_batch(Hog *hog)
{
    uint64_t took_us = touch(hog, hog->batch_pages);

    hog->batch_count++;
    if (took_us > hog->batch_worst_us)
        hog->batch_worst_us = took_us;
    hog->batch_due_us = now_us() + hog->batch_ms * 1000;
}

int
main(void)
{
    Hog hog = {.noise = 88172645463325252};
    char line[512];

    hog.memory = mmap(NULL, (size_t)MOST_MIB * PAGES_A_MIB * PAGE, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (hog.memory == MAP_FAILED)
        return 1;
    /* What stdio has read ahead, poll() would not see. */
    setvbuf(stdin, NULL, _IONBF, 0);
    setvbuf(stdout, NULL, _IOLBF, 0);
    printf("ready\n");
    for (;;) {
        if (!wait_for_command(&hog)) {
            do_batch(&hog);
            continue;
        }
        if (!fgets(line, sizeof(line), stdin))
            return 0;
        obey(&hog, line);
    }
}
