/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The keyboard: the keys of the page. In an effort every key stops it. */
#include "run.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

/* "1" may become "10". */
static const int64_t second_digit_ns = 800000000;
/* The key that began an effort, pressed twice, is no wish to stop it. */
static const int64_t settled_ns = 500000000;

static const struct {
  char key;
  enum stance_test_command command;
  int value;
} keys[] = {
    {' ', STANCE_COMMAND_NEXT, 0},
    {'\n', STANCE_COMMAND_NEXT, 0},
    {'r', STANCE_COMMAND_REPEAT, 0},
    {'d', STANCE_COMMAND_REJECT, 0},
    {'x', STANCE_COMMAND_STOP, 0},
    {'f', STANCE_COMMAND_FINISH, 0},
    {'q', STANCE_COMMAND_ABORT, 0},
    {'L', STANCE_COMMAND_RELEASE, STANCE_LEFT},
    {'R', STANCE_COMMAND_RELEASE, STANCE_RIGHT},
};

static struct termios before;
static bool changed;

void stance_run_keys_begin(struct stance_run *run)
{
  run->typed = -1;
  run->has_terminal = isatty(STDIN_FILENO) != 0;
  if (!run->has_terminal || tcgetattr(STDIN_FILENO, &before) != 0)
    return;
  struct termios at_once = before;
  at_once.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
  changed = tcsetattr(STDIN_FILENO, TCSANOW, &at_once) == 0;
}

void stance_run_keys_end(void)
{
  if (changed)
    tcsetattr(STDIN_FILENO, TCSANOW, &before);
  changed = false;
}

static bool accepts(const struct stance_run *run, enum stance_test_command command)
{
  return (run->view.test.commands & 1U << command) != 0;
}

/* Refusals are sentences. */
static bool give(struct stance_run *run, enum stance_test_command command, int value)
{
  struct stance_problem problem = {""};
  const enum stance_status status =
      run->link->kind->command(run->link, run->id, command, value, &problem);
  if (status != STANCE_OK)
    stance_run_say(run, "Not now: %s", problem.text);
  return status == STANCE_OK;
}

static void give_typed(struct stance_run *run)
{
  const int value = run->typed;
  run->typed = -1;
  give(run, STANCE_COMMAND_PAIN, value);
}

static void take_pain(struct stance_run *run, char key)
{
  const bool second = run->typed == 1;
  if (second && key == '0') {
    run->typed = 10;
    give_typed(run);
    return;
  }
  if (second)
    give_typed(run);
  if (!isdigit((unsigned char)key))
    return;
  run->typed = key - '0';
  run->typed_ns = stance_run_now_ns();
  if (run->typed != 1)
    give_typed(run);
}

static void take_side(struct stance_run *run, char key)
{
  if (key == 'l' || key == 'r')
    give(run, STANCE_COMMAND_SIDE, key == 'l' ? STANCE_LEFT : STANCE_RIGHT);
}

static void take_key(struct stance_run *run, char key)
{
  const struct stance_view_test *test = &run->view.test;
  if (strcmp(test->state, "effort") == 0 && accepts(run, STANCE_COMMAND_STOP)) {
    if (stance_run_now_ns() - run->effort_ns >= settled_ns)
      give(run, STANCE_COMMAND_STOP, 0);
    return;
  }
  if (strcmp(test->needs, "pain") == 0 ||
      (isdigit((unsigned char)key) && accepts(run, STANCE_COMMAND_PAIN))) {
    take_pain(run, key);
    return;
  }
  if (strcmp(test->needs, "side") == 0) {
    take_side(run, key);
    return;
  }
  for (size_t k = 0; k < sizeof keys / sizeof *keys; k++)
    if (keys[k].key == key)
      give(run, keys[k].command, keys[k].value);
}

/* A line is one key or one number; an empty one is Enter. */
static void take_of_line(struct stance_run *run, char key)
{
  if (key == '\n' && run->in_line) {
    run->in_line = false;
    if (run->typed >= 0)
      give_typed(run);
  } else if (!run->in_line || isdigit((unsigned char)key)) {
    run->in_line = key != '\n';
    take_key(run, key);
  }
}

void stance_run_keys_take(struct stance_run *run)
{
  char bytes[64];
  const ssize_t count = read(STDIN_FILENO, bytes, sizeof bytes);
  if (count < 0 && (errno == EINTR || errno == EAGAIN))
    return;
  run->keys_closed = count <= 0;
  for (ssize_t k = 0; k < count; k++) {
    if (!run->has_terminal) {
      take_of_line(run, bytes[k]);
    } else if (bytes[k] == '\033' && k + 2 < count && bytes[k + 1] == '[') {
      k += 2; /* an arrow, or a key that means nothing */
      take_key(run, bytes[k] == 'D' ? 'l' : bytes[k] == 'C' ? 'r' : '\0');
    } else {
      take_key(run, bytes[k]);
    }
  }
}

void stance_run_keys_tick(struct stance_run *run)
{
  if (run->typed >= 0 && stance_run_now_ns() - run->typed_ns >= second_digit_ns)
    give_typed(run);
  if (run->keys_closed && !run->goes_alone && accepts(run, STANCE_COMMAND_UNATTENDED)) {
    stance_run_say(run, "Standard input is closed: going on by time alone.");
    run->goes_alone = give(run, STANCE_COMMAND_UNATTENDED, 0);
    run->view.test.commands &=
        ~(1U << STANCE_COMMAND_UNATTENDED); /* the next state says it again */
  }
}
