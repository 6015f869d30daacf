#include "format/ducklake/changes.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/text.h"

namespace sluice::ducklake {
namespace {

enum class Argument { kId, kName, kSchemaAndName };

struct Token {
  std::string_view word;
  ChangeKind kind;
  Argument argument;
};

// Where a kind has several words, the first is written.
constexpr std::array kTokens = {
    Token{"created_schema", ChangeKind::kCreatedSchema, Argument::kName},
    Token{"dropped_schema", ChangeKind::kDroppedSchema, Argument::kId},
    Token{"created_table", ChangeKind::kCreatedTable, Argument::kSchemaAndName},
    Token{"dropped_table", ChangeKind::kDroppedTable, Argument::kId},
    Token{"altered_table", ChangeKind::kAlteredTable, Argument::kId},
    Token{"created_view", ChangeKind::kCreatedView, Argument::kSchemaAndName},
    Token{"dropped_view", ChangeKind::kDroppedView, Argument::kId},
    Token{"altered_view", ChangeKind::kAlteredView, Argument::kId},
    Token{"inserted_into_table", ChangeKind::kInserted, Argument::kId},
    Token{"deleted_from_table", ChangeKind::kDeleted, Argument::kId},
    Token{"inlined_insert", ChangeKind::kInlinedInsert, Argument::kId},
    Token{"inlined_delete", ChangeKind::kInlinedDelete, Argument::kId},
    Token{"inline_flush", ChangeKind::kFlushedInlined, Argument::kId},
    Token{"flushed_inlined", ChangeKind::kFlushedInlined, Argument::kId},
    Token{"compacted_table", ChangeKind::kCompacted, Argument::kId},
    Token{"merge_adjacent", ChangeKind::kMergedAdjacent, Argument::kId},
    Token{"rewrite_delete", ChangeKind::kRewroteDeletes, Argument::kId},
    Token{"created_scalar_macro", ChangeKind::kCreatedScalarMacro, Argument::kSchemaAndName},
    Token{"created_table_macro", ChangeKind::kCreatedTableMacro, Argument::kSchemaAndName},
    Token{"dropped_scalar_macro", ChangeKind::kDroppedScalarMacro, Argument::kId},
    Token{"dropped_table_macro", ChangeKind::kDroppedTableMacro, Argument::kId},
};

const Token& token_of(ChangeKind kind) {
  return *std::find_if(kTokens.begin(), kTokens.end(),
                       [&](const Token& token) { return token.kind == kind; });
}

// Reads "a""b" from the front of `text`. False: that is not there.
bool take_quoted(std::string_view& text, std::string& out) {
  if (!text.starts_with('"')) return false;
  out.clear();
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] != '"') {
      out += text[i];
      continue;
    }
    if (i + 1 < text.size() && text[i + 1] == '"') {
      out += '"';
      ++i;
      continue;
    }
    text.remove_prefix(i + 1);
    return true;
  }
  return false;
}

bool take_id(std::string_view& text, Id& out) {
  const auto read = std::from_chars(text.data(), text.data() + text.size(), out);
  if (read.ec != std::errc() || out < 0) return false;
  text.remove_prefix(static_cast<std::size_t>(read.ptr - text.data()));
  return true;
}

bool take_argument(Argument argument, std::string_view& text, Change& out) {
  switch (argument) {
    case Argument::kId:
      return take_id(text, out.id);
    case Argument::kName:
      return take_quoted(text, out.name);
    case Argument::kSchemaAndName:
      if (!take_quoted(text, out.schema) || !text.starts_with('.')) return false;
      text.remove_prefix(1);
      return take_quoted(text, out.name);
  }
  return false;
}

bool is_about(const Change& change, std::initializer_list<ChangeKind> kinds, Id id) {
  return change.id == id && std::find(kinds.begin(), kinds.end(), change.kind) != kinds.end();
}

bool makes_a_relation(ChangeKind kind) {
  return kind == ChangeKind::kCreatedTable || kind == ChangeKind::kCreatedView;
}

// What `theirs` may have done to the table that `mine` is about.
bool touches_rows(const Change& theirs, Id id) {
  return is_about(
      theirs,
      {ChangeKind::kDeleted, ChangeKind::kInlinedDelete, ChangeKind::kFlushedInlined,
       ChangeKind::kCompacted, ChangeKind::kMergedAdjacent, ChangeKind::kRewroteDeletes},
      id);
}

std::string conflict_of(const Change& mine, const Change& theirs) {
  const auto table = [&] { return fmt::format("table {}", mine.id); };
  switch (mine.kind) {
    case ChangeKind::kCreatedSchema:
      if (theirs.kind == ChangeKind::kCreatedSchema && theirs.name == mine.name) {
        return fmt::format("schema \"{}\" was created", mine.name);
      }
      return "";
    case ChangeKind::kCreatedTable:
    case ChangeKind::kCreatedView:
      if (makes_a_relation(theirs.kind) && theirs.schema == mine.schema &&
          theirs.name == mine.name) {
        return fmt::format("\"{}.{}\" was created", mine.schema, mine.name);
      }
      return "";
    case ChangeKind::kInserted:
    case ChangeKind::kInlinedInsert:
      if (is_about(theirs, {ChangeKind::kDroppedTable}, mine.id)) return table() + " was dropped";
      if (is_about(theirs, {ChangeKind::kAlteredTable}, mine.id)) return table() + " was altered";
      return "";
    case ChangeKind::kDroppedTable:
      if (is_about(theirs, {ChangeKind::kDroppedTable}, mine.id)) return table() + " was dropped";
      return "";
    case ChangeKind::kDroppedView:
    case ChangeKind::kAlteredView:
      if (is_about(theirs, {ChangeKind::kDroppedView, ChangeKind::kAlteredView}, mine.id)) {
        return fmt::format("view {} was changed", mine.id);
      }
      return "";
    case ChangeKind::kDroppedSchema:
      if (is_about(theirs, {ChangeKind::kDroppedSchema}, mine.id)) {
        return fmt::format("schema {} was dropped", mine.id);
      }
      return "";
    default:
      // Deletes, rewrites and alterations need the table as they saw it.
      if (is_about(theirs, {ChangeKind::kDroppedTable}, mine.id)) return table() + " was dropped";
      if (is_about(theirs, {ChangeKind::kAlteredTable}, mine.id)) return table() + " was altered";
      if (touches_rows(theirs, mine.id)) return "rows of " + table() + " were changed";
      return "";
  }
}

}  // namespace

Result<std::vector<Change>> parse_changes(std::string_view text) {
  const std::string_view whole = text;
  const auto broken = [&] {
    return fail(ErrorKind::kCorrupt,
                fmt::format("\"{}\" is no list of a snapshot's changes", whole));
  };
  std::vector<Change> changes;
  while (!text.empty()) {
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos) return broken();
    const std::string word = to_lower(std::string(text.substr(0, colon)));
    const auto token = std::find_if(kTokens.begin(), kTokens.end(),
                                    [&](const Token& known) { return known.word == word; });
    if (token == kTokens.end()) {
      return fail(ErrorKind::kUnsupported,
                  fmt::format("a snapshot made a change of the unknown kind \"{}\"", word));
    }
    text.remove_prefix(colon + 1);
    Change& change = changes.emplace_back();
    change.kind = token->kind;
    if (!take_argument(token->argument, text, change)) return broken();
    if (text.empty()) break;
    if (!text.starts_with(',') || text.size() == 1) return broken();
    text.remove_prefix(1);
  }
  return changes;
}

std::string print_changes(const std::vector<Change>& changes) {
  std::vector<std::string> parts;
  for (const Change& change : changes) {
    const Token& token = token_of(change.kind);
    std::string part = std::string(token.word) + ":";
    switch (token.argument) {
      case Argument::kId:
        part += std::to_string(change.id);
        break;
      case Argument::kName:
        part += quote_identifier(change.name);
        break;
      case Argument::kSchemaAndName:
        part += quote_identifier(change.schema) + "." + quote_identifier(change.name);
        break;
    }
    if (std::find(parts.begin(), parts.end(), part) == parts.end()) parts.push_back(part);
  }
  return join(parts, ",");
}

std::string conflict_between(const std::vector<Change>& mine, const std::vector<Change>& theirs) {
  for (const Change& own : mine) {
    for (const Change& other : theirs) {
      std::string conflict = conflict_of(own, other);
      if (!conflict.empty()) return conflict;
    }
  }
  return "";
}

}  // namespace sluice::ducklake
