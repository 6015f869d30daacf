#include <gtest/gtest.h>

#include "backup/retention.h"

namespace sluice {
namespace {

using Ids = std::set<std::string>;

// The newest first. 2025-12-29 is a Monday, 2025-12-28 the Sunday before it.
const std::vector<DatedArchive> kArchives = {
    {"h", "2026-01-02T09:00:00.000Z"}, {"g", "2026-01-02T08:00:00.000Z"},
    {"f", "2026-01-01T00:00:00.000Z"}, {"e", "2025-12-29T00:00:00.000Z"},
    {"d", "2025-12-28T23:59:59.999Z"}, {"c", "2025-12-01T12:00:00.000Z"},
    {"b", "2025-11-30T12:00:00.000Z"}, {"a", "2025-01-05T12:00:00.000Z"},
};

TEST(BackupRetention, KeepsTheNewest) {
  EXPECT_EQ(kept_by({.keep = 2}, kArchives), (Ids{"h", "g"}));
  EXPECT_EQ(kept_by({.keep = 20}, kArchives).size(), kArchives.size());
}

TEST(BackupRetention, ADayWithoutAnArchiveIsNotCounted) {
  EXPECT_EQ(kept_by({.keep_daily = 3}, kArchives), (Ids{"h", "f", "e"}));
}

TEST(BackupRetention, AWeekBeginsOnMondayAndCrossesTheYear) {
  EXPECT_EQ(kept_by({.keep_weekly = 3}, kArchives), (Ids{"h", "d", "c"}));
}

TEST(BackupRetention, MonthsOfOtherYearsAreOthers) {
  EXPECT_EQ(kept_by({.keep_monthly = 4}, kArchives), (Ids{"h", "e", "b", "a"}));
}

TEST(BackupRetention, WhatOneRuleKeepsStays) {
  EXPECT_EQ(kept_by({.keep = 1, .keep_daily = 2, .keep_monthly = 2}, kArchives),
            (Ids{"h", "f", "e"}));
}

}  // namespace
}  // namespace sluice
