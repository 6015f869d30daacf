#include "plan/accepted_losses.h"

#include <fmt/format.h>

namespace sluice {
namespace {

bool is_path_of(const std::string& path, const TableName& table, const std::string& column) {
  return path == table.display() + "." + column || path == table.name + "." + column;
}

std::string reason_names() {
  std::vector<std::string> names;
  for (const LossRow& row : kLosses) names.emplace_back(row.name);
  return join(names, ", ");
}

}  // namespace

Result<AcceptedLosses> AcceptedLosses::parse(const std::vector<std::string>& entries) {
  AcceptedLosses losses;
  for (const std::string& text : entries) {
    const std::size_t colon = text.rfind(':');
    if (colon == std::string::npos || text.find('.') >= colon) {
      return fail(Error(ErrorKind::kInvalid,
                        fmt::format("--accept-loss \"{}\" is not TABLE.COLUMN:REASON", text))
                      .about(text)
                      .advise("for example --accept-loss orders.note:strip_nul"));
    }
    const auto reason = parse_loss_reason(text.substr(colon + 1));
    if (!reason) {
      return fail(
          Error(ErrorKind::kInvalid, fmt::format("--accept-loss \"{}\": unknown reason", text))
              .about(text)
              .advise("the reasons are " + reason_names()));
    }
    losses.entries_.push_back({text, text.substr(0, colon), *reason, false, false});
  }
  return losses;
}

bool AcceptedLosses::accepts(const TableName& table, const std::string& column, LossReason reason) {
  bool accepted = false;
  for (Entry& entry : entries_) {
    if (entry.reason != reason || !is_path_of(entry.column_path, table, column)) continue;
    entry.used = accepted = true;
  }
  return accepted;
}

std::vector<std::string> AcceptedLosses::unused() const {
  std::vector<std::string> texts;
  for (const Entry& entry : entries_) {
    if (!entry.used) texts.push_back(entry.text);
  }
  return texts;
}

void AcceptedLosses::saw_column(const TableName& table, const std::string& column) {
  for (Entry& entry : entries_) {
    if (is_path_of(entry.column_path, table, column)) entry.known = true;
  }
}

Status AcceptedLosses::check_all_known() const {
  for (const Entry& entry : entries_) {
    if (entry.known) continue;
    return fail(Error(ErrorKind::kInvalid,
                      fmt::format("--accept-loss names \"{}\", which is no column of this plan",
                                  entry.column_path))
                    .about(entry.text)
                    .advise("`sluice plan SOURCE TARGET` lists the columns"));
  }
  return {};
}

}  // namespace sluice
