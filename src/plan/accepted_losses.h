// The user's --accept-loss list, matched against columns. Pure.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "model/loss.h"
#include "model/table_name.h"

namespace sluice {

class AcceptedLosses {
 public:
  // Errors: kInvalid for an entry without a column or with an unknown reason.
  static Result<AcceptedLosses> parse(const std::vector<std::string>& entries);

  bool accepts(const TableName& table, const std::string& column, LossReason reason);
  // kInvalid naming an entry that named no column of the plan.
  Status check_all_known() const;
  // Entries that accepted nothing, as they were given.
  std::vector<std::string> unused() const;
  // Tells that a column exists, whatever is accepted for it.
  void saw_column(const TableName& table, const std::string& column);

 private:
  struct Entry {
    std::string text;
    std::string column_path;  // "t.c" or "schema.t.c"
    LossReason reason = LossReason::kAsText;
    bool known = false;
    bool used = false;
  };
  std::vector<Entry> entries_;
};

}  // namespace sluice
