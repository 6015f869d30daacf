#include "cli/hide_passwords.h"
#include "cli/interrupts.h"
#include "cli/run_command_line.h"

int main(int argc, char** argv) {
  const std::vector<std::string> arguments = sluice::take_arguments(argc, argv);
  const sluice::CancelToken& cancel = sluice::watch_interrupts();
  const sluice::Outcome outcome = sluice::run_command_line(
      {arguments.begin() + (arguments.empty() ? 0 : 1), arguments.end()}, cancel);
  if (outcome.reader_gone) sluice::end_by_closed_pipe();
  return outcome.exit_code;
}
