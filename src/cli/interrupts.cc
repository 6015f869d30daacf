#include "cli/interrupts.h"

#include <signal.h>
#include <unistd.h>

namespace sluice {
namespace {

CancelToken interrupted;

// Only stores to a lock-free atomic.
void on_signal(int) { interrupted.request(); }

}  // namespace

const CancelToken& watch_interrupts() {
  struct sigaction action = {};
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  // Also where a shell's `&` has them ignored: a second process must be able to stop this one.
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  struct sigaction old = {};
  sigaction(SIGHUP, nullptr, &old);
  if (old.sa_handler != SIG_IGN) sigaction(SIGHUP, &action, nullptr);  // nohup stays in force
  action.sa_handler = SIG_IGN;
  sigaction(SIGPIPE, &action, nullptr);
  return interrupted;
}

void end_by_closed_pipe() {
  struct sigaction action = {};
  action.sa_handler = SIG_DFL;
  sigaction(SIGPIPE, &action, nullptr);
  raise(SIGPIPE);
  _exit(128 + SIGPIPE);
}

}  // namespace sluice
