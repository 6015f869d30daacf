#include "model/s3_place.h"

#include <gtest/gtest.h>

#include "model/location.h"

namespace sluice {
namespace {

TEST(S3Place, IsABucketAndAPrefix) {
  const auto place = parse_s3("s3://lake-1.x/a b/c/");
  ASSERT_TRUE(place) << place.error().message;
  EXPECT_EQ(place->bucket, "lake-1.x");
  EXPECT_EQ(place->prefix, "a b/c");
  EXPECT_EQ(place->uri(), "s3://lake-1.x/a b/c");
  EXPECT_EQ(parse_s3("s3a://lake")->uri(), "s3://lake");
  EXPECT_EQ(parse_s3("s3n://lake/")->prefix, "");
}

TEST(S3Place, ThatIsNoneIsRefused) {
  for (const char* text : {"s3://", "s3:///x", "s3://ab", "s3://-lake", "s3://la ke/x",
                           "s3://lake/a//b", "s3://lake/../x", "s3://lake/./x"}) {
    const auto place = parse_s3(text);
    ASSERT_FALSE(place) << text;
    EXPECT_EQ(place.error().kind, ErrorKind::kInvalid);
    EXPECT_FALSE(place.error().hint.empty());
  }
}

TEST(S3Place, IsToldByItsScheme) {
  EXPECT_TRUE(is_s3("s3://lake"));
  EXPECT_FALSE(is_s3("S3"));
  EXPECT_FALSE(is_s3("/s3://lake"));
}

TEST(S3Location, HasItsPlaceAsThePathAndParameters) {
  const auto delta = parse_location("delta:s3://lake/t?region=eu-west-1&snapshot=3");
  ASSERT_TRUE(delta) << delta.error().message;
  EXPECT_EQ(delta->kind, "delta");
  EXPECT_EQ(delta->path, "s3://lake/t");
  EXPECT_EQ(delta->parameter("region", ""), "eu-west-1");
  EXPECT_EQ(delta->display(), "delta:s3://lake/t?region=eu-west-1&snapshot=3");
  const auto lake = parse_location("ducklake:sqlite:c.db?data_path=s3://lake/data");
  ASSERT_TRUE(lake);
  EXPECT_EQ(lake->parameter("data_path", ""), "s3://lake/data");
  const auto plain = parse_location("s3://lake/t?region=x");
  ASSERT_TRUE(plain) << plain.error().message;
  EXPECT_EQ(plain->kind, "");
  EXPECT_EQ(plain->path, "s3://lake/t");
  EXPECT_EQ(plain->parameter("region", ""), "x");
}

}  // namespace
}  // namespace sluice
