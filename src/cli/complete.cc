#include "cli/complete.h"

#include <fmt/format.h>

#include <set>
#include <utility>

#include "base/text.h"
#include "cli/arguments.h"
#include "cli/command_table.h"

namespace sluice {
namespace {

// A command as the bash script calls it: "lake-files".
std::string key_of(const CommandShape& shape) { return replace_all(shape.name, " ", "-"); }

std::vector<std::string> verbs_of(const std::vector<CommandShape>& shapes, std::string_view group) {
  std::vector<std::string> verbs;
  for (const CommandShape& shape : shapes) {
    const std::string start = std::string(group) + " ";
    if (shape.name.starts_with(start)) verbs.push_back(shape.name.substr(start.size()));
  }
  return verbs;
}

bool is_verb(const CommandShape& shape) { return shape.name.find(' ') != std::string::npos; }

// What may stand behind "sluice", with what it does.
std::vector<std::pair<std::string, std::string>> first_words(
    const std::vector<CommandShape>& shapes) {
  std::vector<std::pair<std::string, std::string>> words;
  for (std::size_t i = 1; i < shapes.size(); ++i) {
    if (!is_verb(shapes[i])) words.emplace_back(shapes[i].name, shapes[i].summary);
  }
  for (const GroupText& group : kGroups) words.emplace_back(group.name, group.summary);
  return words;
}

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
      const std::string key = key_of(shape);
      const std::string pattern =
          fmt::format("{}:{}", key.empty() ? "*" : key, join(option.names, "|" + key + ":"));
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

// The options of all verbs of a group, each once.
std::string zsh_options_of(const std::vector<CommandShape>& shapes, std::string_view group) {
  std::string options;
  std::set<std::string> seen;
  for (const CommandShape& shape : shapes) {
    if (!shape.name.starts_with(std::string(group) + " ")) continue;
    for (const OptionShape& option : shape.options) {
      if (seen.insert(join(option.names, " ")).second) options += zsh_option(option);
    }
  }
  return options;
}

}  // namespace

std::string bash_completion() {
  const std::vector<CommandShape> shapes = command_shapes();
  std::vector<std::string> names;
  for (const auto& [name, summary] : first_words(shapes)) names.push_back(name);
  std::string out =
      "# Completion of sluice for bash. Made by `sluice completions bash`.\n"
      "_sluice() {\n"
      "  local word=${COMP_WORDS[COMP_CWORD]} last=${COMP_WORDS[COMP_CWORD-1]} command= i\n"
      "  COMPREPLY=()\n"
      "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
      "    case ${COMP_WORDS[i]} in\n"
      "      --state|--config|--memory|--threads) ((i++)) ;;\n"
      "      -*) ;;\n";
  for (const GroupText& group : kGroups) {
    out += fmt::format("      {0}) [[ -n $command ]] && break; command={0}- ;;\n", group.name);
  }
  out +=
      "      *) command+=${COMP_WORDS[i]}; break ;;\n"
      "    esac\n"
      "  done\n"
      "  case $command:$last in\n";
  out += bash_value_cases(shapes);
  out += "  esac\n  if [[ $word == -* ]]; then\n    local options=\n    case $command in\n";
  for (std::size_t i = 1; i < shapes.size(); ++i) {
    out += fmt::format("      {}) options='{}' ;;\n", key_of(shapes[i]), long_names(shapes[i]));
  }
  out += fmt::format(
      "    esac\n    COMPREPLY=($(compgen -W \"$options {}\" -- \"$word\"))\n"
      "  elif [[ -z $command ]]; then\n"
      "    COMPREPLY=($(compgen -W '{}' -- \"$word\"))\n",
      long_names(shapes[0]), join(names, " "));
  for (const GroupText& group : kGroups) {
    out += fmt::format(
        "  elif [[ $command == {}- ]]; then\n"
        "    COMPREPLY=($(compgen -W '{}' -- \"$word\"))\n",
        group.name, join(verbs_of(shapes, group.name), " "));
  }
  out +=
      "  elif [[ $command == completions ]]; then\n"
      "    COMPREPLY=($(compgen -W 'bash zsh' -- \"$word\"))\n"
      "  else\n    COMPREPLY=($(compgen -f -- \"$word\"))\n  fi\n}\n"
      "complete -o filenames -F _sluice sluice\n";
  return out;
}

std::string zsh_completion() {
  const std::vector<CommandShape> shapes = command_shapes();
  std::string out =
      "#compdef sluice\n# Completion of sluice for zsh. Made by `sluice completions zsh`.\n"
      "_sluice() {\n  local curcontext=\"$curcontext\" state\n  local -a commands globals\n"
      "  commands=(\n";
  for (const auto& [name, summary] : first_words(shapes)) {
    out += fmt::format("    '{}:{}'\n", name, zsh_escaped(summary));
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
    if (is_verb(shapes[i])) continue;
    std::string options;
    for (const OptionShape& option : shapes[i].options) options += zsh_option(option);
    const bool shells = shapes[i].name == "completions";
    out += fmt::format("    {})\n    _arguments $globals \\\n{}    '*:argument:{}' ;;\n",
                       shapes[i].name, options, shells ? "(bash zsh)" : "_files");
  }
  for (const GroupText& group : kGroups) {
    out += fmt::format(
        "    {})\n    _arguments $globals \\\n{}    '1:command:({})' '*:argument:_files' ;;\n",
        group.name, zsh_options_of(shapes, group.name), join(verbs_of(shapes, group.name), " "));
  }
  out += "  esac\n}\n_sluice \"$@\"\n";
  return out;
}

}  // namespace sluice
