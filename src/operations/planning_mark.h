// A run is in the journal once it has begun. What is killed before, while it plans, leaves a mark
// beside it, so that "last" does not silently mean the run before.
#pragma once

#include <filesystem>
#include <string>

#include "journal/journal.h"

namespace sluice {

// STATE/planning/MILLISECONDS-PID, as long as this process plans. Only where there is a journal:
// without one "last" names nothing. A mark that cannot be written is no reason not to migrate.
class PlanningMark {
 public:
  PlanningMark(const std::filesystem::path& state_folder, const std::string& what);
  PlanningMark(const PlanningMark&) = delete;
  PlanningMark& operator=(const PlanningMark&) = delete;
  ~PlanningMark();
  // The user stopped it: the mark stays.
  void keep() { file_.clear(); }
  // A run begins, which is "last" from now on: older marks go.
  void supersede() const;

 private:
  std::filesystem::path folder_;
  std::filesystem::path file_;
};

// Errors: kConflict where a newer attempt than the newest run, `last`, ended before it began one.
Status check_no_newer_attempt(const std::filesystem::path& state_folder, const RunRecord& last);

}  // namespace sluice
