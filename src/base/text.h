// Text functions without state: quoting, splitting, globbing, formatting for people.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sluice {

// "a""b": a SQL identifier in double quotes (all of our SQL systems but MySQL).
std::string quote_identifier(std::string_view name);
// 'a''b': a SQL string literal. Requires: no NUL byte.
std::string quote_literal(std::string_view text);
// One word of a shell's command line: in single quotes where it needs them.
std::string shell_word(std::string_view text);
// A SQL text up to its last word: without the blanks, comments and semicolons behind it.
std::string_view trim_statement(std::string_view sql);

std::vector<std::string> split(std::string_view text, char separator);
std::string join(const std::vector<std::string>& parts, std::string_view separator);
std::string to_lower(std::string_view text);  // ASCII only
std::string_view trim(std::string_view text);
std::string replace_all(std::string text, std::string_view old_text, std::string_view new_text);

// Shell-style glob: `*` any run, `?` one character, `[a-z]` one of these, `[!a-z]` one of the
// others. Case-sensitive.
bool matches_glob(std::string_view text, std::string_view pattern);
// True where the pattern has no `*`, `?` or `[`.
bool is_plain_name(std::string_view pattern);

std::string hex(const void* data, std::size_t size);
bool is_valid_utf8(std::string_view text);

std::string format_bytes(std::uint64_t bytes);  // "1.4 GiB"
std::string format_count(std::uint64_t count);  // "1,234,567"
std::string format_duration(double seconds);    // "1.2 s", "3 min 05 s"

}  // namespace sluice
