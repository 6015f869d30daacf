#include "cli/commands.h"
#include "cli/complete.h"

namespace sluice {

Result<int> run_completions(Session& session, const CompletionsArguments& arguments) {
  const std::string script = arguments.shell == "bash" ? bash_completion() : zsh_completion();
  if (session.options().json) {
    TRY(session.print_json({{"shell", arguments.shell}, {"script", script}}));
  } else {
    TRY(session.print(script));
  }
  return 0;
}

}  // namespace sluice
