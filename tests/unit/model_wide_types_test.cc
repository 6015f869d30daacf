#include "model/wide_types.h"
#include "unit/model_engine.h"

namespace sluice {
namespace {

TEST(ModelWideTypes, BitsOfEveryLengthAgreeWithTheEngine) {
  const std::string values =
      "(SELECT left(repeat('1011001', 12), CAST(i AS INTEGER)) AS t FROM range(1, 80) r(i) UNION "
      "ALL"
      " SELECT repeat('0', CAST(i AS INTEGER)) FROM range(1, 20) r(i))";
  EXPECT_EQ(test::first_difference(test::shown("SELECT CAST(t AS BIT) FROM " + values),
                                   test::shown("SELECT t FROM " + values)),
            "");
}

TEST(ModelWideTypes, BitBytesAreTheEnginesOwn) {
  EXPECT_EQ(bit_bytes("1"), std::string("\x07\xff", 2));
  EXPECT_EQ(bit_bytes("0101"), std::string("\x04\xf5", 2));
  EXPECT_EQ(bit_bytes("00000000"), std::string("\x00\x00", 2));
  EXPECT_EQ(bit_bytes("101010101"), std::string("\x07\xff\x55", 3));
  for (const char* text : {"0", "1", "0101", "11111111", "101010101"}) {
    EXPECT_EQ(bit_text(bit_bytes(text)), text);
    EXPECT_EQ(test::canonical("'" + std::string(text) + "'::BIT").substr(0, 2), "0e");
  }
}

TEST(ModelWideTypes, UuidsAgreeWithTheEngine) {
  const std::string values = "(SELECT md5(CAST(i AS VARCHAR))::UUID AS u FROM range(2000) r(i))";
  EXPECT_EQ(test::first_difference(test::shown("SELECT u FROM " + values),
                                   test::shown("SELECT CAST(u AS VARCHAR) FROM " + values)),
            "");
  EXPECT_EQ(test::shown("SELECT unnest(['00000000-0000-0000-0000-000000000000',"
                        " 'FFFFFFFF-ffff-ffff-ffff-ffffffffffff',"
                        " '80000000-0000-0000-8000-000000000001']::UUID[])"),
            "00000000-0000-0000-0000-000000000000\nffffffff-ffff-ffff-ffff-ffffffffffff\n"
            "80000000-0000-0000-8000-000000000001");
}

TEST(ModelWideTypes, UuidCellAndBytesAreInverse) {
  const std::uint8_t bytes[16] = {0x80, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 255};
  const auto again = uuid_bytes(uuid_cell(bytes));
  EXPECT_TRUE(std::equal(again.begin(), again.end(), bytes));
}

TEST(ModelWideTypes, BignumTextOfShortBytes) {
  EXPECT_EQ(bignum_text(""), "0");
  EXPECT_EQ(bignum_text(std::string("\x80\x00\x01\x00", 4)), "0");
  EXPECT_EQ(bignum_text(std::string("\x80\x00\x01\x2a", 4)), "42");
  EXPECT_EQ(bignum_text(std::string("\x7f\xff\xfe\xd5", 4)), "-42");
}

}  // namespace
}  // namespace sluice
