{{ staged('partnership', 'training_programme') }}
