#include "perturb/top_directions.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/base/check.h"
#include "core/base/parallel.h"
#include "perturb/draws.h"
#include "perturb/small_eigen.h"

namespace nf {
namespace {

/// Vectors whose products with the matrix are made side by side.
constexpr Index kSideBySide = 8;
/// Degree of the filter, at most, and the logarithm of what it may make of the largest value.
constexpr int kDegree = 10;
constexpr double kMostGrowth = 30.0;
constexpr int kMostRounds = 60;
/// Bound of the sine of the angle between what is found and what is sought.
constexpr double kTolerance = 1e-8;
/// Share of the largest eigenvalue below which a residual is rounding.
constexpr double kRounding = 1e-14;
/// Bound of the same sine for a single vector that is found.
constexpr double kFound = 1e-10;

std::size_t place(Index i) { return static_cast<std::size_t>(i); }

/// Vectors of n values.
struct Block {
  Block(Index of, Index size) : count(of), n(size), values(place(of * size), 0.0) {}
  double* operator[](Index i) { return values.data() + i * n; }
  const double* operator[](Index i) const { return values.data() + i * n; }

  Index count, n;
  std::vector<double> values;
};

double dot(const double* a, const double* b, Index n) {
  double sum = 0.0;
  for (Index i = 0; i < n; ++i) sum += a[i] * b[i];
  return sum;
}

/// to += share·from
void add(double share, const double* from, Index n, double* to) {
  for (Index i = 0; i < n; ++i) to[i] += share * from[i];
}

/// y ← m·v of kSideBySide vectors at a time: every element of the triangle is read once for both
/// halves.
void multiply_few(const SymmetricMatrix& m, const std::vector<double>& v, std::vector<double>& y) {
  std::fill(y.begin(), y.end(), 0.0);
  for (Index r = 0; r < m.size(); ++r) {
    const double* row = m.row(r);
    const double* of_r = v.data() + r * kSideBySide;
    double sum[kSideBySide] = {};
    for (Index c = 0; c < r; ++c) {
      const double element = row[c];
      const double* from = v.data() + c * kSideBySide;
      double* to = y.data() + c * kSideBySide;
      for (Index j = 0; j < kSideBySide; ++j) sum[j] += element * from[j];
      for (Index j = 0; j < kSideBySide; ++j) to[j] += element * of_r[j];
    }
    double* to = y.data() + r * kSideBySide;
    for (Index j = 0; j < kSideBySide; ++j) to[j] += sum[j] + row[r] * of_r[j];
  }
}

Block product(const SymmetricMatrix& m, const Block& v) {
  Block result(v.count, v.n);
  parallel_for((v.count + kSideBySide - 1) / kSideBySide, [&](Index part) {
    const Index first = part * kSideBySide, count = std::min(kSideBySide, v.count - first);
    std::vector<double> few(place(v.n * kSideBySide), 0.0), products(few.size());
    for (Index j = 0; j < count; ++j)
      for (Index i = 0; i < v.n; ++i) few[place(i * kSideBySide + j)] = v[first + j][i];
    multiply_few(m, few, products);
    for (Index j = 0; j < count; ++j)
      for (Index i = 0; i < v.n; ++i) result[first + j][i] = products[place(i * kSideBySide + j)];
  });
  return result;
}

void normalise(double* v, Index n) {
  const double length = std::sqrt(dot(v, v, n));
  for (Index i = 0; length > 0.0 && i < n; ++i) v[i] /= length;
}

/// Gram-Schmidt, twice.
void orthonormalise(Block& v) {
  for (Index j = 0; j < v.count; ++j) {
    normalise(v[j], v.n);
    for (int pass = 0; pass < 2; ++pass) {
      for (Index i = 0; i < j; ++i) add(-dot(v[i], v[j], v.n), v[i], v.n, v[j]);
      normalise(v[j], v.n);
    }
  }
}

/// v·q, q: [count, count]
Block rotated(const Block& v, const std::vector<double>& q) {
  Block result(v.count, v.n);
  for (Index j = 0; j < v.count; ++j)
    for (Index i = 0; i < v.count; ++i) add(q[place(i * v.count + j)], v[i], v.n, result[j]);
  return result;
}

/// Turns v, and av = m·v, to the Ritz vectors; returns their values, largest first.
std::vector<double> rayleigh_ritz(Block& v, Block& av) {
  std::vector<double> projected(place(v.count * v.count));
  for (Index i = 0; i < v.count; ++i)
    for (Index j = 0; j <= i; ++j)
      projected[place(i * v.count + j)] = projected[place(j * v.count + i)] = dot(v[i], av[j], v.n);
  SmallEigen ritz = small_eigen(std::move(projected), v.count);
  v = rotated(v, ritz.vectors);
  av = rotated(av, ritz.vectors);
  return std::move(ritz.values);
}

/// ‖m·v_j − value_j·v_j‖ of each vector.
std::vector<double> residuals_of(const Block& v, const Block& av,
                                 const std::vector<double>& values) {
  std::vector<double> residuals;
  for (Index j = 0; j < v.count; ++j) {
    double squares = 0.0;
    for (Index i = 0; i < v.n; ++i) {
      const double residual = av[j][i] - values[place(j)] * v[j][i];
      squares += residual * residual;
    }
    residuals.push_back(std::sqrt(squares));
  }
  return residuals;
}

/// Whether the first k vectors span what is sought: the angle is at most residual/gap (Davis and
/// Kahan, SIAM J. Numer. Anal. 7, 1970).
bool has_converged(const std::vector<double>& residuals, const std::vector<double>& values,
                   Index k) {
  double squares = 0.0;
  for (Index j = 0; j < k; ++j) squares += residuals[place(j)] * residuals[place(j)];
  const double gap = values[place(k - 1)] - values[place(k)];
  return std::sqrt(squares) <= std::max(kTolerance * gap, kRounding * values.front());
}

/// Leading vectors that are found: they need no filter, and would drown the others in it.
Index found(const std::vector<double>& residuals, const std::vector<double>& values, Index k) {
  Index count = 0;
  while (count < k && residuals[place(count)] <= kFound * (values[place(count)] - values[place(k)]))
    ++count;
  return count;
}

/// v without its components along the first `found` of `basis`.
void leave(const Block& basis, Index found, Block& v) {
  for (Index j = 0; j < v.count; ++j)
    for (Index i = 0; i < found; ++i) add(-dot(basis[i], v[j], v.n), basis[i], v.n, v[j]);
}

Block from(const Block& v, Index first) {
  Block rest(v.count - first, v.n);
  std::copy(v[first], v[v.count], rest.values.begin());
  return rest;
}

/// The degree at which the largest value grows no more beyond the least than doubles can tell.
int degree_for(double ratio) {
  const double growth = std::acosh(std::max(2.0 * ratio - 1.0, 1.0 + 1e-9));
  return std::clamp(static_cast<int>(kMostGrowth / growth), 1, kDegree);
}

/// The vectors behind the first `found` through the polynomial of m that is small on [0, least of
/// the Ritz values] and grows fastest above; av = m·v.
void filter(const SymmetricMatrix& m, Index found, const std::vector<double>& values, Block& v,
            const Block& av) {
  const double largest = values[place(found)], half = values.back() / 2.0;
  Block before = from(v, found), now = from(av, found);
  leave(v, found, now);
  if (half > kRounding * largest) {  // else nothing is left below
    const double first = half / (largest - half);
    double sigma = first;
    for (std::size_t i = 0; i < now.values.size(); ++i)
      now.values[i] = (now.values[i] - half * before.values[i]) * (sigma / half);
    for (int degree = degree_for(largest / values.back()); degree > 1; --degree) {
      const double next = 1.0 / (2.0 / first - sigma);
      Block more = product(m, now);
      leave(v, found, more);
      for (std::size_t i = 0; i < more.values.size(); ++i)
        more.values[i] = 2.0 * (next / half) * (more.values[i] - half * now.values[i]) -
                         sigma * next * before.values[i];
      before = std::move(now);
      now = std::move(more);
      sigma = next;
    }
  }
  std::copy(now.values.begin(), now.values.end(), v[found]);
}

Block start(Index count, Index n) {
  Block v(count, n);
  std::vector<float> draws(v.values.size());
  draws_of("gaussian").fill(draws.data(), std::ssize(draws), 0, 0, 0);
  std::copy(draws.begin(), draws.end(), v.values.begin());
  return v;
}

Directions first_of(const Block& v, Index k) {
  return {k, v.n, {v.values.begin(), v.values.begin() + k * v.n}};
}

/// Of a matrix so small beside k that all its eigenvectors are found at once.
Directions all_at_once(const SymmetricMatrix& m, Index k) {
  const Index n = m.size();
  Block v(n, n);
  std::vector<double> dense(v.values.size());
  for (Index r = 0; r < n; ++r)
    for (Index c = 0; c < n; ++c) dense[place(r * n + c)] = m(r, c);
  const SmallEigen eigen = small_eigen(std::move(dense), n);
  for (Index j = 0; j < n; ++j)
    for (Index i = 0; i < n; ++i) v[j][i] = eigen.vectors[place(i * n + j)];
  return first_of(v, k);
}

}  // namespace

Directions top_directions(const SymmetricMatrix& matrix, Index k) {
  NF_CHECK(k >= 1 && matrix.size() >= 1, "{} directions of {}", k, matrix.size());
  const Index wanted = std::min(k, matrix.size());
  const Index width = wanted + wanted / 2 + kSideBySide;
  if (width >= matrix.size()) return all_at_once(matrix, wanted);
  Block v = start(width, matrix.size());
  for (int round = 0;; ++round) {
    orthonormalise(v);
    Block av = product(matrix, v);
    const std::vector<double> values = rayleigh_ritz(v, av);
    const std::vector<double> residuals = residuals_of(v, av, values);
    if (round + 1 == kMostRounds || has_converged(residuals, values, wanted)) break;
    filter(matrix, found(residuals, values, wanted), values, v, av);
  }
  return first_of(v, wanted);
}

}  // namespace nf
