// Private to verify/: which column of the source is compared with which of the target.
#pragma once

#include <string>
#include <vector>

#include "verify/scan.h"

namespace sluice {

struct MatchedColumns {
  std::vector<SideColumn> source;  // pairs, in the source's order, with reconciled expressions
  std::vector<SideColumn> target;
  bool complete = true;  // no column is on one side only
  std::vector<std::string> notes;
};

MatchedColumns match_columns_by_position(const std::vector<SideColumn>& source,
                                         const std::vector<SideColumn>& target);
MatchedColumns match_columns_by_name(const std::vector<SideColumn>& source,
                                     const std::vector<SideColumn>& target);

}  // namespace sluice
