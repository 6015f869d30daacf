#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "base/text.h"
#include "cli/arguments.h"
#include "cli/command_table.h"
#include "cli/define_options.h"
#include "config/nearest.h"

namespace sluice {
namespace {

constexpr std::string_view kDefaultState = ".sluice";

// Options of every command that take the word behind them.
bool takes_next_word(std::string_view word) {
  return word == "--state" || word == "--config" || word == "--memory" || word == "--threads";
}

// The place of the first word from `begin` on that is no option; the number of words where there is
// none.
std::size_t find_command(const std::vector<std::string>& words, std::size_t begin = 0) {
  for (std::size_t i = begin; i < words.size(); ++i) {
    if (words[i] == "--") return words.size();
    if (takes_next_word(words[i])) {
      ++i;
    } else if (!words[i].starts_with('-')) {
      return i;
    }
  }
  return words.size();
}

std::vector<std::string> command_names() {
  std::vector<std::string> names;
  for (const CommandText& command : kCommands) names.emplace_back(command.name);
  return names;
}

bool is_group(const std::string& name) {
  return std::ranges::any_of(kGroups, [&](const GroupText& group) { return group.name == name; });
}

bool is_command(const std::string& name) {
  return std::ranges::any_of(kCommands,
                             [&](const CommandText& command) { return command.name == name; });
}

// "migrate", or "lake files" for a verb of a group; a group alone where no verb follows. follow is
// a command and has verbs too.
std::string command_name(const std::vector<std::string>& words, std::size_t at) {
  const std::size_t verb = find_command(words, at + 1);
  if (is_command(words[at])) {
    const std::string longer = verb < words.size() ? words[at] + " " + words[verb] : "";
    return is_command(longer) ? longer : words[at];
  }
  if (!is_group(words[at])) return words[at];
  return verb < words.size() ? words[at] + " " + words[verb] : words[at];
}

Error later(std::string_view feature) {
  return Error(ErrorKind::kUnsupported, fmt::format("{} is not supported by this release", feature))
      .about(std::string(feature))
      .advise("`sluice --help` lists what is");
}

Status check_command(const std::string& name) {
  const std::vector<std::string> names = command_names();
  if (is_group(name) || std::ranges::find(names, name) != names.end()) return {};
  if (std::ranges::find(kLaterCommands, name) != kLaterCommands.end()) {
    return fail(later("sluice " + name));
  }
  const std::string near = nearest_name(name, names);
  return fail(Error(ErrorKind::kInvalid, fmt::format("unknown command \"{}\"", name))
                  .about(name)
                  .advise(near.empty() ? "`sluice --help` lists the commands"
                                       : fmt::format("did you mean `sluice {}`?", near)));
}

std::string usage_hint(const std::string& command) {
  return command.empty() ? "`sluice --help` shows the usage"
                         : fmt::format("`sluice {} --help` shows the usage", command);
}

Error no_verb(const std::string& group) {
  std::vector<std::string> verbs;
  for (const std::string& name : command_names()) {
    if (name.starts_with(group + " ")) verbs.push_back(name.substr(group.size() + 1));
  }
  return Error(ErrorKind::kInvalid,
               fmt::format("{} wants one of its commands: {}", group, join(verbs, ", ")))
      .about(group)
      .advise(usage_hint(group));
}

Error unexpected(CLI::App& app, const std::string& command, const std::string& word) {
  std::vector<std::string> known;
  if (word.starts_with('-')) {
    std::vector<const CLI::App*> apps = {&app};
    if (!command.empty()) apps.push_back(&command_app(app, command));
    for (const CLI::App* one : apps) {
      for (const CLI::Option* option : one->get_options()) {
        for (const std::string& name : option->get_lnames()) known.push_back("--" + name);
      }
    }
  }
  const std::string near = nearest_name(word.substr(0, word.find('=')), known);
  const std::string_view what = word.starts_with('-') ? "unknown option" : "unexpected argument";
  return Error(ErrorKind::kInvalid, fmt::format("{} \"{}\"", what, word))
      .about(command)
      .advise(near.empty() ? usage_hint(command) : fmt::format("did you mean {}?", near));
}

// CLI11's own texts begin with a capital letter and may end with a full stop.
Error usage_error(const std::string& text, const std::string& command) {
  const std::size_t line_end = text.find('\n');
  std::string message = text.substr(0, line_end);
  if (!message.empty() && message[0] >= 'A' && message[0] <= 'Z' &&
      (message.size() < 2 || (message[1] >= 'a' && message[1] <= 'z'))) {
    message[0] = static_cast<char>(message[0] - 'A' + 'a');
  }
  if (message.ends_with('.')) message.pop_back();
  return Error(ErrorKind::kInvalid, message)
      .about(command)
      .advise(line_end == std::string::npos ? usage_hint(command) : text.substr(line_end + 1));
}

std::filesystem::path default_state() {
  const char* state = std::getenv("SLUICE_STATE");
  return state != nullptr && *state != '\0' ? state : kDefaultState;
}

// Exactly one way to say what moves: both places, a plan or a job.
Status check_ways(const std::string& command, const MigrateOptions& options,
                  const std::string& job) {
  const bool both = !options.source.empty() && !options.target.empty();
  const bool neither = options.source.empty() && options.target.empty();
  const int ways = (neither ? 0 : 1) + (options.plan_file.empty() ? 0 : 1) + (job.empty() ? 0 : 1);
  if (ways == 1 && (neither || both)) return {};
  const std::string_view plan = command == "migrate" ? "or --plan FILE, " : "";
  return fail(
      Error(ErrorKind::kInvalid,
            fmt::format("{} wants either SOURCE and TARGET, {}or --job NAME", command, plan))
          .about(command)
          .advise(usage_hint(command)));
}

// A plan says everything already: what else was typed would be ignored.
Status check_beside_plan(const CLI::App& command) {
  for (const CLI::Option* option : command.get_options()) {
    const std::string name = option->get_name();
    const bool fine = name == "--plan" || name == "--parallel" || name == "--dry-run";
    if (option->count() == 0 || fine) continue;
    return fail(Error(ErrorKind::kInvalid,
                      fmt::format("{} has no effect beside --plan: the plan has its own", name))
                    .about(name)
                    .advise("give it to `sluice plan`, which makes the file anew"));
  }
  return {};
}

Status check_key(const MigrateOptions& options, const std::string& job) {
  if (options.key.empty() || options.if_exists == IfExists::kMerge || !job.empty()) return {};
  return fail(Error(ErrorKind::kInvalid, "--key has no effect without --if-exists merge")
                  .about("--key")
                  .advise("add --if-exists merge, or leave --key out"));
}

Status check_moving(const CLI::App& app, const Arguments& arguments) {
  const bool plans = arguments.command == "plan";
  const MigrateOptions& options = plans ? arguments.plan.options : arguments.migrate.options;
  const std::string& job = plans ? arguments.plan.job : arguments.migrate.job;
  TRY(check_ways(arguments.command, options, job));
  if (!options.plan_file.empty()) TRY(check_beside_plan(*app.get_subcommand("migrate")));
  return check_key(options, job);
}

Status check_ingest(const IngestArguments& arguments) {
  const IngestOptions& options = arguments.options;
  const int ways = (options.inputs.empty() ? 0 : 1) + (arguments.dropped ? 1 : 0) +
                   (options.restore.empty() ? 0 : 1);
  if (ways != 1) {
    return fail(
        Error(ErrorKind::kInvalid, "ingest wants either inputs, --dropped or --restore BATCH")
            .about("ingest")
            .advise(usage_hint("ingest")));
  }
  if (!options.restore.empty() && options.key.empty()) {
    return fail(Error(ErrorKind::kInvalid, "--restore wants the --key of the batch")
                    .about("--restore")
                    .advise("without it rows would be added whose key is there"));
  }
  if (options.force && options.restore.empty()) {
    return fail(Error(ErrorKind::kInvalid, "--force has no effect without --restore")
                    .about("--force")
                    .advise(usage_hint("ingest")));
  }
  return {};
}

Status check_follow(const FollowOptions& options) {
  const bool all = !options.source.servers.empty() && !options.target.empty() &&
                   !options.table.empty() && !options.stream.empty();
  if (all) return {};
  return fail(Error(ErrorKind::kInvalid, "follow wants SERVERS, TARGET, --table and --stream")
                  .about("follow")
                  .advise(usage_hint("follow")));
}

Status check_combination(const CLI::App& app, const Arguments& arguments) {
  if (arguments.command == "migrate" || arguments.command == "plan") {
    return check_moving(app, arguments);
  }
  if (arguments.command == "ingest") return check_ingest(arguments.ingest);
  if (arguments.command == "follow") return check_follow(arguments.follow);
  const PruneOptions& prune = arguments.backup_prune;
  const int kept = prune.keep + prune.keep_daily + prune.keep_weekly + prune.keep_monthly;
  if (arguments.command == "backup prune" && kept == 0 && prune.older_than.count() == 0) {
    return fail(Error(ErrorKind::kInvalid,
                      "prune wants --keep N, --keep-daily N, --older-than DURATION or the like")
                    .about("backup prune")
                    .advise(usage_hint("backup prune")));
  }
  if (arguments.command == "import") return check_key(arguments.migrate.options, "");
  const VerifyArguments& verify = arguments.verify;
  if (arguments.command == "verify" &&
      (verify.certificate.empty() ? verify.options.target.empty()
                                  : !verify.options.source.empty())) {
    return fail(
        Error(ErrorKind::kInvalid, "verify wants either SOURCE and TARGET, or --certificate FILE")
            .about("verify")
            .advise(usage_hint("verify")));
  }
  if (arguments.command == "types" && !arguments.types.source.empty() &&
      arguments.types.target.empty()) {
    return fail(Error(ErrorKind::kInvalid, "types wants FROM and TO, or neither")
                    .about("types")
                    .advise(usage_hint("types")));
  }
  return {};
}

// CLI11 marks an option that may be repeated as if it took several words, and leaves a gap where
// options are not shown.
std::string tidy_help(std::string text) {
  text = replace_all(std::move(text), " ...\n", "\n");
  text = replace_all(std::move(text), " ... ", "     ");
  return replace_all(std::move(text), "\n\n\n", "\n\n");
}

std::string help_text(CLI::App& app, const std::string& command) {
  if (command.empty()) return tidy_help(app.help());
  const std::size_t blank = command.find(' ');
  const std::string above =
      app.get_name() + (blank == std::string::npos ? "" : " " + command.substr(0, blank));
  return tidy_help(command_app(app, command).help(above));
}
Status run_grammar(CLI::App& app, Arguments& arguments, std::vector<std::string> words) {
  // CLI11 wants the words in reverse, and throws; nothing of it leaves this function.
  std::ranges::reverse(words);
  try {
    app.parse(std::move(words));
    const std::vector<std::string> extras = app.remaining(true);
    if (!extras.empty()) return fail(unexpected(app, arguments.command, extras.front()));
  } catch (const CLI::CallForHelp&) {
    arguments.help = help_text(app, arguments.command);
  } catch (const LaterFeature& feature) {
    return fail(later("option " + feature.name));
  } catch (const CLI::ParseError& error) {
    return fail(usage_error(error.what(), arguments.command));
  }
  return {};
}

}  // namespace

bool asks_for_json(const std::vector<std::string>& words) {
  for (const std::string& word : words) {
    if (word == "--") return false;
    if (word == "--json") return true;
  }
  return false;
}

Result<Arguments> parse_arguments(const std::vector<std::string>& given) {
  std::vector<std::string> words = given;
  std::size_t at = find_command(words);
  if (at < words.size() && words[at] == "help") {  // sluice help migrate
    words.erase(words.begin() + static_cast<std::ptrdiff_t>(at));
    words.emplace_back("--help");
    at = find_command(words);
  }
  Arguments arguments;
  if (at < words.size()) {
    arguments.command = command_name(words, at);
    TRY(check_command(arguments.command));
  }
  CLI::App app;
  define_grammar(app, arguments);
  TRY(run_grammar(app, arguments, words));
  if (arguments.help || arguments.version) return arguments;
  if (arguments.command.empty()) {
    return fail(Error(ErrorKind::kInvalid, "no command is given").advise(usage_hint("")));
  }
  if (is_group(arguments.command)) return fail(no_verb(arguments.command));
  TRY(check_combination(app, arguments));
  if (arguments.global.state.empty()) arguments.global.state = default_state();
  return arguments;
}

namespace {

CommandShape shape_of(const CLI::App& app, std::string called = "") {
  CommandShape shape;
  shape.name = std::move(called);
  shape.summary = app.get_description();
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_positional()) {
      shape.positionals.push_back(option->get_name(true));
      continue;
    }
    if (option->get_group().empty()) continue;  // of a later release
    OptionShape& out = shape.options.emplace_back();
    for (const std::string& name : option->get_lnames()) out.names.push_back("--" + name);
    for (const std::string& name : option->get_snames()) out.names.push_back("-" + name);
    out.takes_value = option->get_expected_max() > 0;
    out.summary = option->get_description();
    out.value_name = out.takes_value ? option->get_type_name() : "";
    if (out.value_name.find('|') != std::string::npos) out.choices = split(out.value_name, '|');
  }
  return shape;
}

}  // namespace

std::vector<CommandShape> command_shapes() {
  Arguments arguments;
  CLI::App app;
  define_grammar(app, arguments);
  std::vector<CommandShape> shapes = {shape_of(app)};
  for (const CommandText& command : kCommands) {
    const std::string name(command.name);
    shapes.push_back(shape_of(command_app(app, name), name));
  }
  return shapes;
}

}  // namespace sluice
