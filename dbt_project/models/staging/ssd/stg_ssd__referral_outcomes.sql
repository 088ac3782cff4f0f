{{ staged('ssd', 'referral_outcomes') }}
