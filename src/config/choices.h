// The words that sluice.toml and the command line share for a choice.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "sluice/options.h"

namespace sluice {

// In the order in which they are offered.
std::vector<std::string> if_exists_words();     // fail, replace, append, merge
std::vector<std::string> on_bad_row_words();    // fail, reject
std::vector<std::string> verify_level_words();  // counts, content, independent, rows

std::vector<std::string> export_format_words();  // parquet, csv, json, geojson, geoparquet

// Errors: kInvalid names the word, all choices and `where` it stood (an option or a key).
Result<IfExists> parse_if_exists(std::string_view text, std::string_view where);
Result<OnBadRow> parse_on_bad_row(std::string_view text, std::string_view where);
Result<VerifyLevel> parse_verify_level(std::string_view text, std::string_view where);

Result<ExportFormat> parse_export_format(std::string_view text, std::string_view where);

// The error of a word that is none of `words`.
Error unknown_word(std::string_view text, std::string_view where,
                   const std::vector<std::string>& words);

}  // namespace sluice
