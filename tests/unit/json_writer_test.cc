#include "report/json_writer.h"

#include <gtest/gtest.h>

namespace sluice {
namespace {

TEST(JsonWriter, WritesWhatADocumentOfTheSameContentIs) {
  const std::string strange = "quote \" back\\slash \n \x01 caf\xc3\xa9 not UTF-8: \xff";
  JsonWriter out;
  out.begin('{');
  out.key("text");
  out.text("plain");
  out.key("strange");
  out.text(strange);
  out.key("none");
  out.begin('[');
  out.end(']');
  out.key("nothing");
  out.begin('{');
  out.end('}');
  out.key("list");
  out.begin('[');
  out.number(std::uint64_t{18446744073709551615U});
  out.number(std::int64_t{-1});
  out.value(nullptr);
  out.value({{"a", 1}, {"b", {1, 2}}, {"c", Json::object()}});
  out.begin('{');
  out.key("deep");
  out.value(true);
  out.end('}');
  out.end(']');
  out.end('}');
  const Json same = {{"text", "plain"},
                     {"strange", strange},
                     {"none", Json::array()},
                     {"nothing", Json::object()},
                     {"list",
                      {18446744073709551615U,
                       -1,
                       nullptr,
                       {{"a", 1}, {"b", {1, 2}}, {"c", Json::object()}},
                       {{"deep", true}}}}};
  EXPECT_EQ(out.take(), document(same));
}

}  // namespace
}  // namespace sluice
