/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The keyboard: the keys of the page. In an effort every key stops it. */
#include "run.h"

#include <errno.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

/* "1" may become "10". */
static const int64_t second_digit_ns = 800000000;
/* The hand that stopped still hammers, or holds its key: that is no answer. Keyboards repeat after
   at most 660 ms (X11's default, the longest in use); nobody says how much it hurts within a
   second. */
static const int64_t calm_ns = 1000000000;
/* Slower than fingers hammer. */
static const int64_t hammer_ns = 500000000;

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
  /* Ctrl-C ends and keeps everything. Ctrl-Z, -\ and -S would halt an effort that goes on: they are
     keys like any other. */
  at_once.c_cc[VSUSP] = at_once.c_cc[VQUIT] = _POSIX_VDISABLE;
  at_once.c_iflag &= ~(tcflag_t)IXON;
  changed = tcsetattr(STDIN_FILENO, TCSANOW, &at_once) == 0;
}

void stance_run_keys_end(void)
{
  if (changed)
    tcsetattr(STDIN_FILENO, TCSANOW, &before);
  changed = false;
}

static bool is_digit(int key)
{
  return key >= '0' && key <= '9';
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

void stance_run_keys_calm(struct stance_run *run)
{
  run->calm_ns = stance_run_now_ns() + calm_ns;
}

static bool hammers(struct stance_run *run)
{
  const int64_t now_ns = stance_run_now_ns();
  if (now_ns >= run->calm_ns)
    return false;
  if (run->calm_ns < now_ns + hammer_ns)
    run->calm_ns = now_ns + hammer_ns;
  return true;
}

static bool in_effort(const struct stance_run *run)
{
  return strcmp(run->view.test.state, "effort") == 0;
}

static void stop_effort(struct stance_run *run)
{
  if (!run->stopped)
    run->stopped = give(run, STANCE_COMMAND_STOP, 0);
  stance_run_keys_calm(run);
}

static void give_typed(struct stance_run *run)
{
  const int value = run->typed;
  run->typed = -1;
  give(run, STANCE_COMMAND_PAIN, value);
}

static void take_pain(struct stance_run *run, int key)
{
  const bool second = run->typed == 1;
  if (second && key == '0') {
    run->typed = 10;
    give_typed(run);
    return;
  }
  if (second)
    give_typed(run);
  if (!is_digit(key))
    return;
  run->typed = key - '0';
  run->typed_ns = stance_run_now_ns();
  if (run->typed != 1)
    give_typed(run);
}

static void take_side(struct stance_run *run, int key)
{
  if (key == 'l' || key == STANCE_KEY_LEFT)
    give(run, STANCE_COMMAND_SIDE, STANCE_LEFT);
  if (key == 'r' || key == STANCE_KEY_RIGHT)
    give(run, STANCE_COMMAND_SIDE, STANCE_RIGHT);
}

static void take_key(struct stance_run *run, int key)
{
  const struct stance_view_test *test = &run->view.test;
  if (in_effort(run)) {
    stop_effort(run);
    return;
  }
  if (strcmp(test->needs, "pain") == 0 || (is_digit(key) && accepts(run, STANCE_COMMAND_PAIN))) {
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

/* Each byte stops, the first of a sequence too. */
static void take_of_terminal(struct stance_run *run, char byte)
{
  const int key = stance_run_key_of(&run->sequence, byte, stance_run_now_ns());
  if (in_effort(run))
    stop_effort(run);
  else if (key != STANCE_KEY_NONE && !hammers(run))
    take_key(run, key);
}

/* A line is one key or one number; an empty one is Enter. */
static void take_of_line(struct stance_run *run, char key)
{
  if (key == '\n' && run->in_line) {
    run->in_line = false;
    if (run->typed >= 0)
      give_typed(run);
  } else if (!run->in_line || is_digit(key)) {
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
    if (run->has_terminal)
      take_of_terminal(run, bytes[k]);
    else
      take_of_line(run, bytes[k]);
  }
}

void stance_run_keys_tick(struct stance_run *run)
{
  run->stopped = run->stopped && in_effort(run);
  if (run->typed >= 0 && stance_run_now_ns() - run->typed_ns >= second_digit_ns)
    give_typed(run);
  if (run->keys_closed && !run->goes_alone && accepts(run, STANCE_COMMAND_UNATTENDED)) {
    stance_run_say(run, "Standard input is closed: going on by time alone.");
    run->goes_alone = give(run, STANCE_COMMAND_UNATTENDED, 0);
    run->view.test.commands &=
        ~(1U << STANCE_COMMAND_UNATTENDED); /* the next state says it again */
  }
}
