#include <gtest/gtest.h>

#include <map>
#include <string>

#include "config/environment.h"
#include "config/nearest.h"

namespace sluice {
namespace {

Environment fixed(std::map<std::string, std::string> variables) {
  return [variables](const std::string& name) -> std::optional<std::string> {
    const auto at = variables.find(name);
    if (at == variables.end()) return std::nullopt;
    return at->second;
  };
}

std::string expanded(const std::string& text) {
  const auto result = expand_variables(text, fixed({{"A", "one"}, {"B", ""}, {"C", "x$"}}));
  return result ? *result : "error: " + result.error().message;
}

TEST(ExpandVariables, PutsValuesIn) {
  EXPECT_EQ(expanded(""), "");
  EXPECT_EQ(expanded("no variables"), "no variables");
  EXPECT_EQ(expanded("${A}"), "one");
  EXPECT_EQ(expanded("a${A}b${B}c"), "aonebc");
}

TEST(ExpandVariables, LeavesOtherDollarsAlone) { EXPECT_EQ(expanded("$A $ 5$"), "$A $ 5$"); }

TEST(ExpandVariables, TwoDollarsEscape) {
  EXPECT_EQ(expanded("$${A}"), "${A}");
  EXPECT_EQ(expanded("p$${x}${A}"), "p${x}one");
}

TEST(ExpandVariables, AValueThatEndsInADollarEscapesNothing) {
  EXPECT_EQ(expanded("${C}${A}"), "x$one");
}

TEST(ExpandVariables, AMissingVariableIsNamed) {
  const auto result = expand_variables("x${NOT_THERE}", fixed({}));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, ErrorKind::kInvalid);
  EXPECT_EQ(result.error().message, "environment variable NOT_THERE is not set");
  EXPECT_EQ(result.error().object, "NOT_THERE");
}

TEST(ExpandVariables, AnOpenBraceIsAnError) { EXPECT_EQ(expanded("x${A"), "error: a ${ has no }"); }

TEST(NearestName, FindsATypingMistake) {
  EXPECT_EQ(nearest_name("migarte", {"migrate", "inspect"}), "migrate");
  EXPECT_EQ(nearest_name("Sorce", {"source", "target"}), "source");
  EXPECT_EQ(nearest_name("if-exists", {"if_exists", "exclude"}), "if_exists");
}

TEST(NearestName, FindsNothingNear) {
  EXPECT_EQ(nearest_name("zebra", {"migrate", "inspect"}), "");
  EXPECT_EQ(nearest_name("x", {"up"}), "");
  EXPECT_EQ(nearest_name("anything", {}), "");
}

}  // namespace
}  // namespace sluice
