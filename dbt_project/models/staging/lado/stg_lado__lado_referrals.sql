{{ staged('lado', 'lado_referrals') }}
