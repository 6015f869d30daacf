#include "cli/complete.h"

#include <fmt/format.h>

#include "base/text.h"
#include "cli/arguments.h"

namespace sluice {
namespace {

// A value of an option that is a file or a folder's name.
bool is_path(const OptionShape& option) {
  return option.value_name == "FILE" || option.value_name == "DIR";
}

std::string long_names(const CommandShape& shape) {
  std::vector<std::string> names;
  for (const OptionShape& option : shape.options) {
    for (const std::string& name : option.names) {
      if (name.starts_with("--")) names.push_back(name);
    }
  }
  return join(names, " ");
}

// The cases of `--option VALUE` that offer words or files.
std::string bash_value_cases(const std::vector<CommandShape>& shapes) {
  std::string out;
  for (const CommandShape& shape : shapes) {
    for (const OptionShape& option : shape.options) {
      if (!option.takes_value) continue;
      const std::string pattern = fmt::format("{}:{}", shape.name.empty() ? "*" : shape.name,
                                              join(option.names, "|" + shape.name + ":"));
      std::string action = ":";
      if (!option.choices.empty()) {
        action =
            fmt::format("COMPREPLY=($(compgen -W '{}' -- \"$word\"))", join(option.choices, " "));
      } else if (is_path(option)) {
        action = "COMPREPLY=($(compgen -f -- \"$word\"))";
      }
      out += fmt::format("    {}) {}; return ;;\n", pattern, action);
    }
  }
  return out;
}

std::string zsh_escaped(std::string text) {
  for (const char* mark : {"\\", "[", "]", ":"}) {
    text = replace_all(std::move(text), mark, std::string("\\") + mark);
  }
  return replace_all(std::move(text), "'", "'\\''");
}

std::string zsh_option(const OptionShape& option) {
  std::string value;
  if (!option.choices.empty()) {
    value = fmt::format(":value:({})", join(option.choices, " "));
  } else if (is_path(option)) {
    value = ":file:_files";
  } else if (option.takes_value) {
    value = fmt::format(":{}:", zsh_escaped(to_lower(option.value_name)));
  }
  std::string out;
  for (const std::string& name : option.names) {
    out += fmt::format("    '*{}[{}]{}' \\\n", name, zsh_escaped(option.summary), value);
  }
  return out;
}

}  // namespace

std::string bash_completion() {
  const std::vector<CommandShape> shapes = command_shapes();
  std::vector<std::string> names;
  for (std::size_t i = 1; i < shapes.size(); ++i) names.push_back(shapes[i].name);
  std::string out =
      "# Completion of sluice for bash. Made by `sluice completions bash`.\n"
      "_sluice() {\n"
      "  local word=${COMP_WORDS[COMP_CWORD]} last=${COMP_WORDS[COMP_CWORD-1]} command= i\n"
      "  COMPREPLY=()\n"
      "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
      "    case ${COMP_WORDS[i]} in\n"
      "      --state|--config|--memory|--threads) ((i++)) ;;\n"
      "      -*) ;;\n"
      "      *) command=${COMP_WORDS[i]}; break ;;\n"
      "    esac\n"
      "  done\n"
      "  case $command:$last in\n";
  out += bash_value_cases(shapes);
  out += "  esac\n  if [[ $word == -* ]]; then\n    local options=\n    case $command in\n";
  for (std::size_t i = 1; i < shapes.size(); ++i) {
    out += fmt::format("      {}) options='{}' ;;\n", shapes[i].name, long_names(shapes[i]));
  }
  out += fmt::format(
      "    esac\n    COMPREPLY=($(compgen -W \"$options {}\" -- \"$word\"))\n"
      "  elif [[ -z $command ]]; then\n"
      "    COMPREPLY=($(compgen -W '{}' -- \"$word\"))\n"
      "  elif [[ $command == completions ]]; then\n"
      "    COMPREPLY=($(compgen -W 'bash zsh' -- \"$word\"))\n"
      "  else\n    COMPREPLY=($(compgen -f -- \"$word\"))\n  fi\n}}\n"
      "complete -o filenames -F _sluice sluice\n",
      long_names(shapes[0]), join(names, " "));
  return out;
}

std::string zsh_completion() {
  const std::vector<CommandShape> shapes = command_shapes();
  std::string out =
      "#compdef sluice\n# Completion of sluice for zsh. Made by `sluice completions zsh`.\n"
      "_sluice() {\n  local curcontext=\"$curcontext\" state\n  local -a commands globals\n"
      "  commands=(\n";
  for (std::size_t i = 1; i < shapes.size(); ++i) {
    out += fmt::format("    '{}:{}'\n", shapes[i].name, zsh_escaped(shapes[i].summary));
  }
  out += "  )\n  globals=(\n";
  for (const OptionShape& option : shapes[0].options) {
    out += replace_all(zsh_option(option), " \\\n", "\n");
  }
  out +=
      "  )\n  _arguments -C $globals '1:command:->command' '*::argument:->argument'\n"
      "  case $state in\n    command) _describe command commands; return ;;\n  esac\n"
      "  case $words[1] in\n";
  for (std::size_t i = 1; i < shapes.size(); ++i) {
    std::string options;
    for (const OptionShape& option : shapes[i].options) options += zsh_option(option);
    const bool shells = shapes[i].name == "completions";
    out += fmt::format("    {})\n    _arguments $globals \\\n{}    '*:argument:{}' ;;\n",
                       shapes[i].name, options, shells ? "(bash zsh)" : "_files");
  }
  out += "  esac\n}\n_sluice \"$@\"\n";
  return out;
}

}  // namespace sluice
