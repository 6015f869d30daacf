#include "config/choices.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "base/text.h"
#include "config/nearest.h"

namespace sluice {
namespace {

template <typename T>
using Choice = std::pair<std::string_view, T>;

constexpr std::array kIfExists = {
    Choice<IfExists>{"fail", IfExists::kFail}, Choice<IfExists>{"replace", IfExists::kReplace},
    Choice<IfExists>{"append", IfExists::kAppend}, Choice<IfExists>{"merge", IfExists::kMerge}};
constexpr std::array kOnBadRow = {Choice<OnBadRow>{"fail", OnBadRow::kFail},
                                  Choice<OnBadRow>{"reject", OnBadRow::kReject}};
constexpr std::array kVerifyLevels = {Choice<VerifyLevel>{"counts", VerifyLevel::kCounts},
                                      Choice<VerifyLevel>{"content", VerifyLevel::kContent},
                                      Choice<VerifyLevel>{"independent", VerifyLevel::kIndependent},
                                      Choice<VerifyLevel>{"rows", VerifyLevel::kRows}};

constexpr std::array kExportFormats = {
    Choice<ExportFormat>{"parquet", ExportFormat::kParquet},
    Choice<ExportFormat>{"csv", ExportFormat::kCsv},
    Choice<ExportFormat>{"json", ExportFormat::kJson},
    Choice<ExportFormat>{"geojson", ExportFormat::kGeoJson},
    Choice<ExportFormat>{"geoparquet", ExportFormat::kGeoParquet}};

template <typename Choices>
std::vector<std::string> words_of(const Choices& choices) {
  std::vector<std::string> words;
  for (const auto& [word, value] : choices) words.emplace_back(word);
  return words;
}

template <typename T, std::size_t kSize>
Result<T> parse_choice(const std::array<Choice<T>, kSize>& choices, std::string_view text,
                       std::string_view where) {
  for (const auto& [word, value] : choices) {
    if (word == text) return value;
  }
  return fail(unknown_word(text, where, words_of(choices)));
}

}  // namespace

std::vector<std::string> if_exists_words() { return words_of(kIfExists); }
std::vector<std::string> on_bad_row_words() { return words_of(kOnBadRow); }
std::vector<std::string> verify_level_words() { return words_of(kVerifyLevels); }
std::vector<std::string> export_format_words() { return words_of(kExportFormats); }

Result<IfExists> parse_if_exists(std::string_view text, std::string_view where) {
  return parse_choice(kIfExists, text, where);
}
Result<OnBadRow> parse_on_bad_row(std::string_view text, std::string_view where) {
  return parse_choice(kOnBadRow, text, where);
}
Result<VerifyLevel> parse_verify_level(std::string_view text, std::string_view where) {
  return parse_choice(kVerifyLevels, text, where);
}
Result<ExportFormat> parse_export_format(std::string_view text, std::string_view where) {
  return parse_choice(kExportFormats, text, where);
}

Error unknown_word(std::string_view text, std::string_view where,
                   const std::vector<std::string>& words) {
  const std::string near = nearest_name(text, words);
  return Error(ErrorKind::kInvalid,
               fmt::format("{}: \"{}\" is not one of {}", where, text, join(words, ", ")))
      .about(std::string(where))
      .advise(near.empty() ? "" : fmt::format("did you mean \"{}\"?", near));
}

}  // namespace sluice
