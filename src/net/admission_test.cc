#include "net/admission.h"

#include <gtest/gtest.h>

#include <vector>

namespace herd::net {
namespace {

using boost::asio::ip::make_address;

TEST(Admission, BoundsTheConnectionsInAll) {
  Admission admission({.connections_max = 2});
  auto a = admission.Admit(make_address("10.0.0.1"));
  const auto b = admission.Admit(make_address("10.0.0.2"));
  EXPECT_TRUE(a);
  EXPECT_TRUE(b);
  EXPECT_FALSE(admission.Admit(make_address("10.0.0.3")));
  a.reset();
  EXPECT_TRUE(admission.Admit(make_address("10.0.0.3")));
  EXPECT_EQ(admission.connections(), 1U);
}

TEST(Admission, BoundsTheConnectionsOfOneAddress) {
  Admission admission({.connections_per_address_max = 1});
  auto a = admission.Admit(make_address("10.0.0.1"));
  EXPECT_TRUE(a);
  EXPECT_FALSE(admission.Admit(make_address("10.0.0.1")));
  EXPECT_FALSE(admission.Admit(make_address("::ffff:10.0.0.1")));
  EXPECT_TRUE(admission.Admit(make_address("10.0.0.2")));
  a.reset();
  EXPECT_TRUE(admission.Admit(make_address("10.0.0.1")));
}

TEST(Admission, TakesAnIpv6NetworkForOneAddress) {
  Admission admission({.connections_per_address_max = 1});
  const auto a = admission.Admit(make_address("2001:db8:1:2::1"));
  EXPECT_FALSE(admission.Admit(make_address("2001:db8:1:2:ffff::9")));
  EXPECT_TRUE(admission.Admit(make_address("2001:db8:1:3::1")));
}

TEST(Admission, CountsAMovedTicketOnce) {
  Admission admission({.connections_max = 1});
  {
    auto a = admission.Admit(make_address("10.0.0.1"));
    std::vector<Admission::Ticket> tickets;
    tickets.push_back(*std::move(a));
    EXPECT_EQ(admission.connections(), 1U);
  }
  EXPECT_EQ(admission.connections(), 0U);
}

}  // namespace
}  // namespace herd::net
