{{ staged('get_safe', 'nrm_referrals') }}
