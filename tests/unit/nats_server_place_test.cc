#include <gtest/gtest.h>

#include "client/nats/server_place.h"

namespace sluice::nats {
namespace {

TEST(ServerPlace, HasAPortAndNoLogin) {
  const auto place = parse_servers("nats://media:p@ss@n1,nats://n2:4333,[::1]:4000");
  ASSERT_TRUE(place) << place.error().message;
  EXPECT_EQ(place->display(), "nats://n1:4222,nats://n2:4333,nats://[::1]:4000");
  EXPECT_EQ(place->user, "media");
  EXPECT_EQ(place->password.reveal(), "p@ss");
  EXPECT_FALSE(place->tls);
}

TEST(ServerPlace, KnowsATokenAndTls) {
  const auto place = parse_servers("tls://s3cret-token@[::1]/");
  ASSERT_TRUE(place) << place.error().message;
  EXPECT_EQ(place->display(), "tls://[::1]:4222");
  EXPECT_EQ(place->token.reveal(), "s3cret-token");
  EXPECT_TRUE(place->tls);
}

TEST(ServerPlace, RefusesWhatIsNoServerWithoutShowingAPassword) {
  for (const char* const text :
       {"", "localhost:4222", "http://n1", "nats://", "nats://u:pw@n/db"}) {
    const auto place = parse_servers(text);
    ASSERT_FALSE(place) << text;
    EXPECT_EQ(place.error().kind, ErrorKind::kInvalid) << text;
    EXPECT_EQ(place.error().message.find("pw"), std::string::npos) << place.error().message;
  }
}

}  // namespace
}  // namespace sluice::nats
