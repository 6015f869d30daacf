// Private to the files that define options: the kinds that there are. Each adds one option to a
// command; what is typed goes to a value that has to outlive the parsing.
#pragma once

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/file_access.h"
#include "base/text.h"
#include "cli/arguments.h"
#include "config/choices.h"

namespace sluice {

// Errors of sluice's own parsers leave CLI11 as its own exception, which parse_arguments catches.
template <typename T>
T value_or_throw(Result<T> result) {
  if (result) return *std::move(result);
  throw CLI::ValidationError(result.error().message +
                             (result.error().hint.empty() ? "" : "\n" + result.error().hint));
}

// A whole number from 1 on.
template <typename T>
CLI::Option* add_number(CLI::App* command, const std::string& name, T& value,
                        std::int64_t value_max, const std::string& summary) {
  return command
      ->add_option_function<std::string>(
          name,
          [name, value_max, &value](const std::string& text) {
            std::int64_t number = 0;
            const auto [end, code] =
                std::from_chars(text.data(), text.data() + text.size(), number);
            if (code != std::errc() || end != text.data() + text.size() || number < 1 ||
                number > value_max) {
              throw CLI::ValidationError(fmt::format(
                  "{}: \"{}\" is not a whole number from 1 to {}", name, text, value_max));
            }
            value = static_cast<T>(number);
          },
          summary)
      ->type_name("N");
}

template <typename T>
void add_choice(CLI::App* command, const std::string& name, T& value,
                Result<T> (*parse)(std::string_view, std::string_view),
                const std::vector<std::string>& words, const std::string& summary) {
  command
      ->add_option_function<std::string>(
          name,
          [name, parse, words, &value](const std::string& text) {
            if (std::ranges::find(words, text) == words.end()) {
              value_or_throw<T>(fail(unknown_word(text, name, words)));
            }
            value = value_or_throw(parse(text, name));
          },
          summary)
      ->type_name(join(words, "|"));
}

void add_word(CLI::App* command, const std::string& name, std::string& value,
              const std::vector<std::string>& words, const std::string& summary);
// May be given several times, one value each.
void add_texts(CLI::App* command, const std::string& name, std::vector<std::string>& values,
               const std::string& type_name, const std::string& summary);
CLI::Option* add_file(CLI::App* command, const std::string& name, std::filesystem::path& value,
                      const std::string& summary);
// An argument by its place.
void add_text(CLI::App* command, const std::string& positional, std::string& value, bool required,
              const std::string& summary);
void add_selection(CLI::App* command, Selection& selection);
void add_renames(CLI::App* command, std::map<std::string, std::string>& renames);
// Columns, with commas between them.
void add_key(CLI::App* command, std::vector<std::string>& key, const std::string& summary);
// Accepted by the grammar so that it is named in the error; not offered in the help.
void add_later(CLI::App* command, const std::string& name, const std::string& still_fine = "");
CLI::Option* add_moment(CLI::App* command, const std::string& name, std::string& value,
                        const std::string& summary);
void add_access(CLI::App* command, AccessWish& access);
// Bytes: 512MB, 2GiB.
void add_size(CLI::App* command, const std::string& name, std::uint64_t& value,
              const std::string& summary);

// Throws what CLI11 catches, with the option's name.
std::chrono::milliseconds duration_or_throw(const std::string& text, const std::string& name);

// `value` may be an optional.
template <typename Duration>
void add_duration(CLI::App* command, const std::string& name, Duration& value,
                  const std::string& summary) {
  command
      ->add_option_function<std::string>(
          name, [name, &value](const std::string& text) { value = duration_or_throw(text, name); },
          summary)
      ->type_name("DURATION");
}

}  // namespace sluice
