// Completion scripts of shells, made from the grammar itself. completions/ holds them as files.
#pragma once

#include <string>

namespace sluice {

std::string bash_completion();
std::string zsh_completion();

}  // namespace sluice
