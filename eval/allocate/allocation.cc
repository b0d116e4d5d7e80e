#include "eval/allocate/allocation.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/base/check.h"
#include "core/random/philox.h"

namespace nf {
namespace {

/// Choices of one site, by size, without those that another is better than or as good at no more
/// size; with their numbers.
struct Option {
  std::size_t number;
  StorageChoice choice;
};

std::vector<Option> sorted_options(const StorageChoices& choices) {
  std::vector<Option> options;
  for (std::size_t i = 0; i < choices.size(); ++i) options.push_back({i, choices[i]});
  std::stable_sort(options.begin(), options.end(), [](const Option& first, const Option& second) {
    return std::pair(first.choice.size, first.choice.damage) <
           std::pair(second.choice.size, second.choice.damage);
  });
  return options;
}

std::vector<Option> useful_options(const StorageChoices& choices) {
  std::vector<Option> useful;
  for (const Option& option : sorted_options(choices))
    if (useful.empty() || option.choice.damage < useful.back().choice.damage)
      useful.push_back(option);
  return useful;
}

/// Choices that are least in damage + price·size; of equal ones the smaller.
std::vector<std::size_t> priced_choices(const std::vector<std::vector<Option>>& sites,
                                        double price) {
  std::vector<std::size_t> best(sites.size(), 0);
  for (std::size_t i = 0; i < sites.size(); ++i) {
    double least = std::numeric_limits<double>::infinity();
    for (std::size_t k = 0; k < sites[i].size(); ++k) {
      const StorageChoice& choice = sites[i][k].choice;
      const double cost = choice.damage + price * static_cast<double>(choice.size);
      if (cost < least) {
        least = cost;
        best[i] = k;
      }
    }
  }
  return best;
}

std::int64_t size_of(const std::vector<std::vector<Option>>& sites,
                     const std::vector<std::size_t>& best) {
  std::int64_t size = 0;
  for (std::size_t i = 0; i < sites.size(); ++i) size += sites[i][best[i]].choice.size;
  return size;
}

/// The least price of a bit, up to doubles, at which what is bought fits the budget.
double fitting_price(const std::vector<std::vector<Option>>& sites, std::int64_t budget) {
  if (size_of(sites, priced_choices(sites, 0.0)) <= budget) return 0.0;
  double low = 0.0, high = 0.0;
  for (const std::vector<Option>& site : sites)
    for (std::size_t k = 0; k + 1 < site.size(); ++k)
      high = std::max(high, (site[k].choice.damage - site[k + 1].choice.damage) /
                                static_cast<double>(site[k + 1].choice.size - site[k].choice.size));
  high *= 1.0 + 1e-9;  // nothing is worth it
  for (int i = 0; i < 200; ++i) {
    const double middle = 0.5 * (low + high);
    if (middle <= low || middle >= high) break;
    (size_of(sites, priced_choices(sites, middle)) <= budget ? high : low) = middle;
  }
  return high;
}

/// Raises sites while one fits, the greatest gain a bit first.
void fill(const std::vector<std::vector<Option>>& sites, std::int64_t budget,
          std::vector<std::size_t>& best) {
  std::int64_t size = size_of(sites, best);
  while (true) {
    std::size_t site = sites.size(), option = 0;
    double most = 0.0;
    for (std::size_t i = 0; i < sites.size(); ++i) {
      const StorageChoice& now = sites[i][best[i]].choice;
      for (std::size_t k = best[i] + 1; k < sites[i].size(); ++k) {
        const StorageChoice& next = sites[i][k].choice;
        const double gain = (now.damage - next.damage) / static_cast<double>(next.size - now.size);
        if (size + next.size - now.size > budget || gain <= most) continue;
        most = gain;
        site = i;
        option = k;
      }
    }
    if (site == sites.size()) return;
    size += sites[site][option].choice.size - sites[site][best[site]].choice.size;
    best[site] = option;
  }
}

/// A way through the first sites.
struct State {
  std::int64_t size;
  double damage;
  std::uint32_t parent;  ///< among the states before this site
  std::uint32_t option;
};

/// Drops states that another is neither larger nor worse than. In ascending order of size.
void drop_dominated(std::vector<State>& states) {
  std::stable_sort(states.begin(), states.end(), [](const State& first, const State& second) {
    return std::pair(first.size, first.damage) < std::pair(second.size, second.damage);
  });
  double least = std::numeric_limits<double>::infinity();
  std::erase_if(states, [&least](const State& state) {
    if (!(state.damage < least)) return true;
    least = state.damage;
    return false;
  });
}

double damage_of(const std::vector<std::vector<Option>>& sites,
                 const std::vector<std::size_t>& best) {
  double damage = 0.0;
  for (std::size_t i = 0; i < sites.size(); ++i) damage += sites[i][best[i]].choice.damage;
  return damage;
}

/// For each site the least that it and those behind it can come to, damage + price·size.
std::vector<double> rests(const std::vector<std::vector<Option>>& sites, double price) {
  std::vector<double> rest(sites.size() + 1, 0.0);
  const std::vector<std::size_t> best = priced_choices(sites, price);
  for (std::size_t i = sites.size(); i-- > 0;) {
    const StorageChoice& choice = sites[i][best[i]].choice;
    rest[i] = rest[i + 1] + choice.damage + price * static_cast<double>(choice.size);
  }
  return rest;
}

/// The least sizes of each site and those behind it.
std::vector<std::int64_t> least_sizes(const std::vector<std::vector<Option>>& sites) {
  std::vector<std::int64_t> least(sites.size() + 1, 0);
  for (std::size_t i = sites.size(); i-- > 0;) least[i] = least[i + 1] + sites[i][0].choice.size;
  return least;
}

std::vector<std::size_t> best_options(const std::vector<std::vector<Option>>& sites,
                                      std::int64_t budget) {
  const double price = fitting_price(sites, budget);
  std::vector<std::size_t> known = priced_choices(sites, price);
  fill(sites, budget, known);
  const std::vector<double> rest = rests(sites, price);
  const std::vector<std::int64_t> least = least_sizes(sites);
  // What rounding may have done to a bound costs no allocation.
  const double worst = damage_of(sites, known) * (1.0 + 1e-9);
  const double paid = price * static_cast<double>(budget);
  const double slack = 1e-9 * (std::abs(rest[0]) + paid);
  std::vector<std::vector<State>> states = {{{0, 0.0, 0, 0}}};
  for (std::size_t i = 0; i < sites.size(); ++i) {
    std::vector<State> next;
    const std::vector<State>& before = states.back();
    for (std::size_t s = 0; s < before.size(); ++s) {
      for (std::size_t k = 0; k < sites[i].size(); ++k) {
        const StorageChoice& choice = sites[i][k].choice;
        const std::int64_t size = before[s].size + choice.size;
        const double damage = before[s].damage + choice.damage;
        const double bound = damage + price * static_cast<double>(size) + rest[i + 1] - paid;
        if (size + least[i + 1] > budget || bound > worst + slack) continue;
        next.push_back(
            {size, damage, static_cast<std::uint32_t>(s), static_cast<std::uint32_t>(k)});
      }
    }
    drop_dominated(next);
    states.push_back(std::move(next));
  }
  NF_CHECK(!states.back().empty(), "no allocation is left of those that fit");
  std::vector<std::size_t> best(sites.size());
  std::size_t at = states.back().size() - 1;  // the largest is the best
  for (std::size_t i = sites.size(); i-- > 0;) {
    best[i] = states[i + 1][at].option;
    at = states[i + 1][at].parent;
  }
  return best;
}

/// Draws below `count`, one after the other.
class Draws {
 public:
  explicit Draws(std::uint64_t draw) : draw_(draw) {}
  std::size_t below(std::size_t count) {
    constexpr std::uint64_t kKey = 0x6e665f616c6c6f63;  // "nf_alloc"
    const PhiloxBlock block = element_block(next_++, kKey, draw_);
    return static_cast<std::size_t>((std::uint64_t{block[1]} * count) >> 32);
  }

 private:
  std::uint64_t draw_, next_ = 0;
};

}  // namespace

Allocation allocation_of(std::span<const StorageChoices> sites, std::vector<std::size_t> choices) {
  NF_CHECK(sites.size() == choices.size(), "{} choices for {} sites", choices.size(), sites.size());
  Allocation allocation{.choices = std::move(choices)};
  for (std::size_t i = 0; i < sites.size(); ++i) {
    const StorageChoice& choice = sites[i][allocation.choices[i]];
    allocation.size += choice.size;
    allocation.damage += choice.damage;
  }
  return allocation;
}

std::optional<Allocation> allocate(std::span<const StorageChoices> sites, std::int64_t budget) {
  std::vector<std::vector<Option>> options;
  for (const StorageChoices& choices : sites) {
    NF_CHECK(!choices.empty(), "a site without a choice");
    options.push_back(useful_options(choices));
  }
  if (least_sizes(options)[0] > budget) return std::nullopt;
  const std::vector<std::size_t> best = best_options(options, budget);
  std::vector<std::size_t> numbers;
  for (std::size_t i = 0; i < options.size(); ++i) numbers.push_back(options[i][best[i]].number);
  return allocation_of(sites, std::move(numbers));
}

std::optional<Allocation> random_allocation(std::span<const StorageChoices> sites,
                                            std::int64_t budget, std::uint64_t draw) {
  std::vector<std::vector<Option>> options;
  for (const StorageChoices& choices : sites) options.push_back(sorted_options(choices));
  if (least_sizes(options)[0] > budget) return std::nullopt;
  Draws draws(draw);
  std::vector<std::size_t> best;
  for (const std::vector<Option>& site : options) best.push_back(draws.below(site.size()));
  const auto movable = [&](auto can_move) {
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < options.size(); ++i)
      if (can_move(i)) places.push_back(i);
    return places;
  };
  std::int64_t size = size_of(options, best);
  const auto move = [&](std::size_t site, std::size_t to) {
    size += options[site][to].choice.size - options[site][best[site]].choice.size;
    best[site] = to;
  };
  while (size > budget) {
    const std::vector<std::size_t> lower = movable([&best](std::size_t i) { return best[i] > 0; });
    const std::size_t site = lower[draws.below(lower.size())];
    move(site, best[site] - 1);
  }
  while (true) {
    const std::vector<std::size_t> higher = movable([&](std::size_t i) {
      return best[i] + 1 < options[i].size() &&
             size + options[i][best[i] + 1].choice.size - options[i][best[i]].choice.size <= budget;
    });
    if (higher.empty()) break;
    const std::size_t site = higher[draws.below(higher.size())];
    move(site, best[site] + 1);
  }
  std::vector<std::size_t> numbers;
  for (std::size_t i = 0; i < options.size(); ++i) numbers.push_back(options[i][best[i]].number);
  return allocation_of(sites, std::move(numbers));
}

}  // namespace nf
