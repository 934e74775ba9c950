/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stance/calibration.h"

#include <math.h>

/* NIMA TR 8350.2, third edition (WGS 84): normal gravity at the equator, Somigliana's constant,
   first eccentricity squared. */
#define GRAVITY_AT_EQUATOR 9.7803253359
#define SOMIGLIANA 0.00193185265241
#define ECCENTRICITY_SQUARED 0.00669437999013
#define GRADIENT_PER_M 3.086e-6

double stance_gravity_at(double latitude_deg, double height_m)
{
  const double pi = 3.14159265358979323846;
  const double sine = sin(latitude_deg * pi / 180.0);
  const double on_ellipsoid = GRAVITY_AT_EQUATOR * (1.0 + SOMIGLIANA * sine * sine) /
                              sqrt(1.0 - ECCENTRICITY_SQUARED * sine * sine);
  return on_ellipsoid - GRADIENT_PER_M * height_m;
}
