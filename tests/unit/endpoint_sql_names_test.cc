// Which names are those of a run.

#include <gtest/gtest.h>

#include "endpoint/sql_names.h"

namespace sluice {
namespace {

TEST(SqlNames, WhatARunMakesIsOfARun) {
  const std::string run = "01M7YNXXQFVRG2691ZCZ3BPC4M";
  EXPECT_TRUE(is_of_a_run(staging_prefix(run)));
  EXPECT_TRUE(is_of_a_run(staging_prefix(run) + "_s0_t"));
  EXPECT_TRUE(is_of_a_run(kept_prefix(run) + "_t"));
}

TEST(SqlNames, WhatOnlyLooksLikeItIsNot) {
  for (const char* name :
       {"", "sluice_", "sluice_gates", "sluice_01m7ynxxqfvrg2691zcz3bpc4",
        "sluice_01m7ynxxqfvrg2691zcz3bpc4mx", "sluice_01m7ynxxqfvrg2691zcz3bpc4_m",
        "sluice_01M7YNXXQFVRG2691ZCZ3BPC4M", "Sluice_01m7ynxxqfvrg2691zcz3bpc4m",
        "sluice_01m7ynxxqfvrg2691zcz3bpc4u", "x_sluice_01m7ynxxqfvrg2691zcz3bpc4m"}) {
    EXPECT_FALSE(is_of_a_run(name)) << name;
  }
}

}  // namespace
}  // namespace sluice
