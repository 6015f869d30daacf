#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/text.h"
#include "cli/arguments.h"
#include "cli/command_table.h"

namespace sluice {
namespace {

using Words = std::vector<std::string>;

Arguments parsed(const Words& words) {
  Result<Arguments> arguments = parse_arguments(words);
  EXPECT_TRUE(arguments) << arguments.error().message;
  return arguments ? *arguments : Arguments{};
}

Error error_of(const Words& words) {
  const Result<Arguments> arguments = parse_arguments(words);
  EXPECT_FALSE(arguments);
  return arguments ? Error(ErrorKind::kInternal, "parsed") : arguments.error();
}

TEST(ParseArguments, EveryChoiceOfMigrate) {
  const Arguments arguments =
      parsed({"migrate",       "a.duckdb",    "--table",       "s.*",
              "--table=t",     "sqlite:b",    "--exclude",     "x",
              "--rename",      "t=u",         "--map",         "m.sql",
              "--if-exists",   "merge",       "--key",         "id, day",
              "--accept-loss", "t.c:as_text", "--accept-loss", "t.d:as_json",
              "--on-bad-row",  "reject",      "--batch-size",  "5000",
              "--parallel",    "3",           "--dry-run",     "--no-backup",
              "--verify",      "independent", "--no-publish"});
  const MigrateOptions& options = arguments.migrate.options;
  EXPECT_EQ(arguments.command, "migrate");
  EXPECT_EQ(options.source, "a.duckdb");
  EXPECT_EQ(options.target, "sqlite:b");
  EXPECT_EQ(options.selection.tables, (Words{"s.*", "t"}));
  EXPECT_EQ(options.selection.excludes, Words{"x"});
  EXPECT_EQ(options.renames.at("t"), "u");
  EXPECT_EQ(options.maps, std::vector<std::filesystem::path>{"m.sql"});
  EXPECT_EQ(options.if_exists, IfExists::kMerge);
  EXPECT_EQ(options.key, (Words{"id", "day"}));
  EXPECT_EQ(options.accept_losses, (Words{"t.c:as_text", "t.d:as_json"}));
  EXPECT_EQ(options.on_bad_row, OnBadRow::kReject);
  EXPECT_EQ(options.chunk_rows, 5000U);
  EXPECT_EQ(options.parallel, 3);
  EXPECT_TRUE(arguments.migrate.dry_run);
  EXPECT_FALSE(options.backup);
  EXPECT_FALSE(options.publish);
  EXPECT_EQ(options.level, VerifyLevel::kIndependent);
}

TEST(ParseArguments, GlobalOptionsStandAnywhere) {
  for (const Words& words : {Words{"--json", "--state", "s", "--memory", "512MB", "runs"},
                             Words{"runs", "--json", "--state", "s", "--memory", "512MB"},
                             Words{"--memory=512MB", "runs", "--state=s", "--json"}}) {
    const Arguments arguments = parsed(words);
    EXPECT_EQ(arguments.command, "runs");
    EXPECT_TRUE(arguments.global.json);
    EXPECT_EQ(arguments.global.state, "s");
    EXPECT_EQ(arguments.global.memory_bytes, 512'000'000U);
  }
}

TEST(ParseArguments, ACommandsNameMayBeALocation) {
  EXPECT_EQ(parsed({"inspect", "runs"}).inspect.location, "runs");
  EXPECT_EQ(parsed({"--state", "runs", "inspect", "migrate"}).inspect.location, "migrate");
}

TEST(ParseArguments, WrongUsageNamesWhatIsWrong) {
  EXPECT_EQ(error_of({}).message, "no command is given");
  EXPECT_EQ(error_of({"migarte"}).message, "unknown command \"migarte\"");
  EXPECT_EQ(error_of({"migarte"}).hint, "did you mean `sluice migrate`?");
  EXPECT_EQ(error_of({"migrate", "a", "b", "--tabel", "x"}).message, "unknown option \"--tabel\"");
  EXPECT_EQ(error_of({"migrate", "a", "b", "--tabel", "x"}).hint, "did you mean --table?");
  EXPECT_EQ(error_of({"inspect"}).message, "LOCATION is required");
  EXPECT_EQ(error_of({"inspect", "a", "b"}).message, "unexpected argument \"b\"");
  EXPECT_EQ(error_of({"runs", "--memory", "12XB"}).message, "--memory: \"12XB\" is not a size");
  EXPECT_EQ(error_of({"runs", "--threads", "none"}).message,
            "--threads: \"none\" is not a whole number from 1 to 1024");
  EXPECT_EQ(error_of({"migrate", "a", "b", "--verify", "rows"}).message,
            "--verify: \"rows\" is not one of counts, content, independent");
  EXPECT_EQ(error_of({"migrate", "a", "b", "--rename", "x"}).message,
            "--rename: \"x\" is not of the form OLD=NEW");
  for (const Words& words :
       {Words{}, Words{"migarte"}, Words{"inspect"}, Words{"verify", "a"},
        Words{"verify", "a", "b", "--certificate", "c"}, Words{"migrate", "a"}, Words{"migrate"},
        Words{"migrate", "a", "b", "--plan", "p"}, Words{"migrate", "--plan", "p", "--job", "j"},
        Words{"types", "duckdb"}, Words{"completions", "fish"}, Words{"runs", "--memory"}}) {
    EXPECT_EQ(error_of(words).kind, ErrorKind::kInvalid);
  }
}

TEST(ParseArguments, LaterFeaturesAreNamed) {
  for (const std::string_view command : kLaterCommands) {
    std::vector<std::string> words = split(command, ' ');
    words.emplace_back("x");
    const Error error = error_of(words);
    EXPECT_EQ(error.kind, ErrorKind::kUnsupported);
    EXPECT_EQ(error.object, "sluice " + std::string(command));
  }
  EXPECT_EQ(error_of({"migrate", "a", "b", "--engine", "trino=http://x"}).message,
            "option --engine is not supported by this release");
  EXPECT_EQ(parsed({"migrate", "a", "b", "--engine", "embedded"}).migrate.options.source, "a");
}

TEST(ParseArguments, ACommandOfAGroupHasTwoWords) {
  const Arguments files = parsed({"--json", "lake", "--state", "x", "files", "l", "--at", "3"});
  EXPECT_EQ(files.command, "lake files");
  EXPECT_EQ(files.lake_files.location, "l");
  EXPECT_EQ(files.lake_files.at, "3");
  EXPECT_EQ(parsed({"help", "lake"}).command, "lake");
  EXPECT_EQ(error_of({"lake"}).kind, ErrorKind::kInvalid);
  EXPECT_NE(error_of({"lake", "file", "l"}).hint.find("`sluice lake files`"), std::string::npos);
  EXPECT_NE(error_of({"lake", "files", "l", "--att", "3"}).hint.find("--at"), std::string::npos);
}

TEST(ParseArguments, HelpOfEveryCommandHasItsExampleAndNothingOfALaterRelease) {
  for (const CommandText& command : kCommands) {
    std::vector<std::string> words = split(command.name, ' ');
    words.emplace_back("--help");
    const Arguments arguments = parsed(words);
    ASSERT_TRUE(arguments.help) << command.name;
    EXPECT_NE(arguments.help->find("Example:\n  " + std::string(command.example)),
              std::string::npos)
        << command.name;
    EXPECT_NE(arguments.help->find("Usage: sluice " + std::string(command.name)),
              std::string::npos);
    EXPECT_EQ(arguments.help->find("--engine"), std::string::npos);
    EXPECT_TRUE(command.example.find("sluice " + std::string(command.name)) !=
                std::string_view::npos)
        << command.name;
  }
  EXPECT_TRUE(parsed({"help", "migrate"}).help);
  EXPECT_TRUE(parsed({"--help"}).help);
}

TEST(CommandShapes, HoldOptionsWithTheirChoices) {
  const std::vector<CommandShape> shapes = command_shapes();
  EXPECT_EQ(shapes.size(), kCommands.size() + 1);
  EXPECT_EQ(shapes[0].name, "");
  const auto migrate = std::ranges::find(shapes, "migrate", &CommandShape::name);
  ASSERT_NE(migrate, shapes.end());
  EXPECT_EQ(migrate->positionals, (Words{"SOURCE", "TARGET"}));
  const auto if_exists =
      std::ranges::find(migrate->options, Words{"--if-exists"}, &OptionShape::names);
  ASSERT_NE(if_exists, migrate->options.end());
  EXPECT_EQ(if_exists->choices, (Words{"fail", "replace", "append", "merge"}));
  EXPECT_TRUE(std::ranges::none_of(migrate->options, [](const OptionShape& option) {
    return option.names == Words{"--engine"};
  }));
}

}  // namespace
}  // namespace sluice
