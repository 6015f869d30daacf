// A SQL script as its statements, by the words of each system: quotes, comments and bodies of
// triggers and functions hold semicolons that end nothing. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace sluice::evolve {

struct SqlWords {
  bool dollar_quotes = false;    // $tag$ ... $tag$
  bool escape_strings = false;   // E'it\'s'
  bool backslashes = false;      // in every string
  bool backticks = false;        // `name`
  bool brackets = false;         // [name]
  bool hash_comments = false;    // # to the end of the line
  bool nested_comments = false;  // /* /* */ */
  bool delimiter_lines = false;  // DELIMITER // as the mysql client has it
  bool bodies = false;           // CREATE TRIGGER ... BEGIN ...; END; and BEGIN ATOMIC ...; END;
};

// Of "sqlite", "duckdb", "ducklake", "postgres", "mysql".
SqlWords words_of(std::string_view system);

struct Statement {
  std::string text;  // without the semicolon behind it and blanks around
  int line = 0;      // of its first word, from 1
  // Its first words in capitals, comments left out: "CREATE TABLE IF NOT EXISTS T".
  std::string head;
};

// Errors: kInvalid names the line in which a quote, comment or body begins that does not end.
Result<std::vector<Statement>> split_script(std::string_view script, const SqlWords& words);

}  // namespace sluice::evolve
