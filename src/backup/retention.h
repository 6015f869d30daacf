// Which archives of one location a rule keeps: the newest ones, and of each of the last days, weeks
// and months the newest one (grandfather, father, son). Pure.
#pragma once

#include <set>
#include <string>
#include <vector>

namespace sluice {

struct RetentionRule {
  int keep = 0;  // 0: it keeps nothing by this limit
  int keep_daily = 0;
  int keep_weekly = 0;  // weeks begin on Mondays
  int keep_monthly = 0;

  bool counts() const { return keep + keep_daily + keep_weekly + keep_monthly > 0; }
};

struct DatedArchive {
  std::string id;
  std::string created_at;  // RFC 3339, UTC
};

// Days, weeks and months without an archive are not counted. Returns: the ids of what is kept.
// Requires: the newest first.
std::set<std::string> kept_by(const RetentionRule& rule, const std::vector<DatedArchive>& archives);

}  // namespace sluice
