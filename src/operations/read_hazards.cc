#include "operations/read_hazards.h"

#include <fmt/format.h>

#include <cctype>

#include "base/text.h"

namespace sluice {
namespace {

std::string words_of(const Column& column) {
  std::vector<std::string> messages;
  for (const Hazard& hazard : column.hazards) messages.push_back(hazard.message);
  return join(messages, "; ");
}

bool is_of_word(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x80 || std::isalnum(byte) != 0 || c == '_';
}

}  // namespace

bool may_name(const std::string& sql, const std::string& name) {
  const std::string text = to_lower(sql);
  for (const std::string& wanted : {to_lower(name), to_lower(replace_all(name, "\"", "\"\""))}) {
    std::size_t at = text.find(wanted);
    for (; at != std::string::npos; at = text.find(wanted, at + 1)) {
      const std::size_t end = at + wanted.size();
      const bool begins = at == 0 || !is_of_word(text[at - 1]);
      if (begins && (end == text.size() || !is_of_word(text[end]))) return true;
    }
  }
  return false;
}

Status accept_hazards(std::vector<Table>& tables, const std::vector<std::string>& accept_losses) {
  TRY_ASSIGN(AcceptedLosses accepted, AcceptedLosses::parse(accept_losses));
  std::vector<std::string> reasons;
  std::vector<std::string> flags;
  for (Table& table : tables) {
    for (Column& column : table.columns) {
      accepted.saw_column(table.name, column.name);
      const bool text = column.needs_text();
      if (!column.hazards.empty()) {
        const LossReason reason = text ? LossReason::kAsText : column.hazards.front().accept;
        if (!accepted.accepts(table.name, column.name, reason)) {
          const std::string path = table.name.display() + "." + column.name;
          reasons.push_back(path + ": " + words_of(column));
          flags.push_back("--accept-loss " +
                          shell_word(fmt::format("{}:{}", path, to_string(reason))));
        }
      }
      if (text) column.type = simple_type(TypeKind::kText);
    }
  }
  TRY(accepted.check_all_known());
  if (reasons.empty()) return {};
  return fail(
      Error(ErrorKind::kWouldLoseData, "refused, values would be lost: " + join(reasons, "; "))
          .advise("to accept these losses by name, add: " + join(flags, " ")));
}

void read_hazards_as_text(std::vector<Table>& tables, const std::string& sql,
                          const std::function<void(const std::string&)>& note) {
  for (Table& table : tables) {
    for (Column& column : table.columns) {
      if (!column.needs_text()) continue;
      column.type = simple_type(TypeKind::kText);
      const bool read = sql.contains('*') || may_name(sql, column.name);
      if (column.hazards.empty() || !read || !note) continue;
      note(fmt::format("column \"{}.{}\" is read as text: {}", table.name.display(), column.name,
                       words_of(column)));
    }
  }
}

}  // namespace sluice
